"""Templates: what files hold is text in a page, and a value that is missing is an error."""

import pytest
from jinja2 import UndefinedError

from c2ser.templates import template_environment


def test_texts_are_escaped_and_all_values_must_be_there(tmp_path):
    (tmp_path / "page.html").write_text("<p>{{ name }}</p>")
    page = template_environment(tmp_path).get_template("page.html")
    assert page.render(name="<b>") == "<p>&lt;b&gt;</p>"
    with pytest.raises(UndefinedError, match="name"):
        page.render()
