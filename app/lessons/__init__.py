"""Six lessons: what is read, what is tried, and a question whose answer is checked.

`content.py` holds the words, `facts.py` what the shipped model says about itself, `tables.py` two
tables of the paper. A text is plain words in which `{word|term}` is a word with the gloss `term`
(app/tabs/glossary.py) and `{word}` one whose gloss is called like the word.
"""

from app.lessons.content import LESSONS
from app.lessons.lesson import Answer, Lesson, Question, Step, glosses

__all__ = ["LESSONS", "Answer", "Lesson", "Question", "Step", "glosses"]
