"""Small charts as inline SVG, each with a sentence for those who do not see it.

Colours come from the page's style (light, dark, paper) and hold for colour-blind eyes; none of them says anything that
place, length, dash or pattern does not say as well.
"""

from serving.reports.charts.bars import bars, waterfall
from serving.reports.charts.calendar import CalendarDay, calendar
from serving.reports.charts.heat import heat
from serving.reports.charts.lines import sparkline, trend

__all__ = ["CalendarDay", "bars", "calendar", "heat", "sparkline", "trend", "waterfall"]
