"""What the folder of a local Neo4j holds before anything has been started."""

import re
from unittest.mock import patch

from twin.graph.local.home import Home


def test_no_password_looks_like_an_option_of_the_admin_tool(tmp_path):
    with patch("secrets.token_bytes", return_value=b"\xfb" * 24):
        password = Home(tmp_path).password()

    assert re.fullmatch(r"[0-9a-f]{48}", password)
