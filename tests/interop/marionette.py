"""A client of Marionette, the remote control in Mozilla's programs: as much of its protocol as a test needs."""

from __future__ import annotations

import json
import socket
from typing import Any

# A script may await; what it returns, or why it failed, comes back.
_ASYNC = """
const done = arguments[arguments.length - 1], given = arguments;
(async () => {{ {script} }})().then(
  value => done({{ value: value === undefined ? null : value }}),
  error => done({{ error: `${{error}}\\n${{error.stack || ""}}` }}),
);
"""


class Marionette:
    """One session in the context of the program itself. Raises OSError as long as nobody listens, AssertionError for what fails there."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=180)
        self._answers = self._socket.makefile("rb")
        self._number = 0
        self._read()
        self.ask("WebDriver:NewSession")
        self.ask("Marionette:SetContext", value="chrome")

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()

    def ask(self, command: str, **parameters: Any) -> Any:
        """Give the answer to a command."""
        self._number += 1
        said = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(said), said))
        _kind, _number, error, result = self._read()
        assert error is None, f"{command}: {error}"
        return result

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of an async function, which finds its arguments in `given`; give what it returns."""
        known = {"args": list(arguments), "scriptTimeout": 120_000, "sandbox": "system", "newSandbox": False}
        answer = self.ask("WebDriver:ExecuteAsyncScript", script=_ASYNC.format(script=script), **known)["value"]
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def _read(self) -> Any:
        """Read what is said: its length, a colon, and so many bytes of JSON."""
        length = b""
        while (one := self._answers.read(1)) != b":":
            if not one:
                raise ConnectionResetError("Marionette hung up")
            length += one
        return json.loads(self._answers.read(int(length)))
