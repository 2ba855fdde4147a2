"""What is said of each pattern, once, for the command, the pages and the site."""

from batuta.lab.guide.goals import GOALS, Goal
from batuta.lab.guide.questions import QUESTIONS, GuideQuestion, Ruling
from batuta.lab.guide.styles import NEIGHBOURS, STYLE_GUIDES, Neighbours, StyleGuide, Trait

__all__ = [
    "GOALS",
    "NEIGHBOURS",
    "QUESTIONS",
    "STYLE_GUIDES",
    "Goal",
    "GuideQuestion",
    "Neighbours",
    "Ruling",
    "StyleGuide",
    "Trait",
]
