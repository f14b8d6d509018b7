"""The teacher that reads: logistic regression on the characters of the transcript, which serves any language."""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline


def text_teacher() -> Pipeline:
    """Returns the untrained teacher: 1- to 4-grams of characters, within words where the language has spaces."""
    ngrams = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    return make_pipeline(ngrams, LogisticRegression(C=10, max_iter=2000))
