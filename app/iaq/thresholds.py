"""The default profile: every point is a published threshold, placed on the border of a level.

The rule that places it and the choice of the weights are in `docs/decisions/0002-score.md`.
"""

from app.iaq.quantities import CO2, HUMIDITY, PM25, TEMPERATURE, TVOC
from app.iaq.scale import Point, Profile, Scale

_WHO = "WHO global air quality guidelines 2021, PM2.5"
_UBA_TVOC = "German UBA, ad hoc group 2007 (Seifert 1999), TVOC"
_EN = "EN 16798-1:2019"
_ASR = "German workplace rule ASR A3.5"

DEFAULT_PROFILE = Profile(
    name="iaqverse",
    version=1,
    scales={
        PM25.name: Scale(
            weight=0.35,
            points=(
                Point(0, 100, "none: WHO finds no level without harm"),
                Point(5, 90, f"{_WHO}, annual guideline"),
                Point(15, 70, f"{_WHO}, 24 h guideline"),
                Point(25, 50, f"{_WHO}, 24 h interim target 4"),
                Point(37.5, 30, f"{_WHO}, 24 h interim target 3"),
                Point(75, 0, f"{_WHO}, 24 h interim target 1"),
            ),
        ),
        CO2.name: Scale(
            weight=0.30,
            points=(
                Point(400, 100, f"{_EN} annex B: outdoor air where none is measured"),
                Point(800, 70, "HCSP 2022: target of good ventilation"),
                Point(1200, 50, f"{_EN} annex B: category II, 800 above outdoors"),
                Point(1500, 30, "HCSP 2022: prompt action"),
                Point(5000, 0, "Directive 2006/15/EC: occupational limit, 8 h"),
            ),
        ),
        TVOC.name: Scale(
            weight=0.15,
            points=(
                Point(0, 100, "none"),
                Point(0.3, 90, f"{_UBA_TVOC}, end of level 1: no objection"),
                Point(1, 70, f"{_UBA_TVOC}, end of level 2: no relevant objection"),
                Point(3, 50, f"{_UBA_TVOC}, end of level 3: some objections"),
                Point(10, 30, f"{_UBA_TVOC}, end of level 4: major objections"),
                Point(25, 0, f"{_UBA_TVOC}, end of level 5: not acceptable"),
            ),
        ),
        TEMPERATURE.name: Scale(
            weight=0.10,
            points=(
                Point(12, 0, f"{_ASR}: least temperature for any work"),
                Point(17, 30, f"{_EN} annex B: category IV, heating"),
                Point(18, 50, f"{_EN} annex B: category III, heating"),
                Point(20, 70, f"{_EN} annex B: category II, heating"),
                Point(21, 90, f"{_EN} annex B: category I, heating"),
                Point(22, 100, "ISO 7730 annex A: optimum in winter clothing"),
                Point(24.5, 100, "ISO 7730 annex A: optimum in summer clothing"),
                Point(25.5, 90, f"{_EN} annex B: category I, cooling"),
                Point(26, 70, f"{_EN} annex B: category II, cooling"),
                Point(27, 50, f"{_EN} annex B: category III, cooling"),
                Point(28, 30, f"{_EN} annex B: category IV, cooling"),
                Point(35, 0, f"{_ASR}: unfit as a workroom"),
            ),
        ),
        HUMIDITY.name: Scale(
            weight=0.10,
            points=(
                Point(0, 0, "none"),
                Point(20, 50, f"{_EN} annex B: category III, humidification"),
                Point(25, 70, f"{_EN} annex B: category II, humidification"),
                Point(30, 90, f"{_EN} annex B: category I, humidification"),
                Point(40, 100, "Sterling et al. 1986 (ASHRAE): optimum from"),
                Point(60, 100, "Sterling et al. 1986 (ASHRAE): optimum to"),
                Point(70, 50, f"{_EN} annex B: category III, dehumidification"),
                Point(80, 30, "EN ISO 13788: mould grows from here at a surface"),
                Point(100, 0, "none"),
            ),
        ),
    },
)
