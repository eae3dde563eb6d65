"""What operators and people keep, a file per subject: functions of plain SQL."""
