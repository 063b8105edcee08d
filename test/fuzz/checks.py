"""What this API promises of every answer, beside what its OpenAPI document says."""

import schemathesis


@schemathesis.check
def wrong_field_is_named(ctx, response, case) -> None:
    """A 400 names at least one field that is wrong; no error is without a message and its request's id."""
    if response.status_code < 400 or "text/html" in response.headers.get("content-type", [""])[0]:
        return
    error = response.json()
    if "error" in error:  # OpenID Connect's own shape
        return
    assert error["message"] and error["requestId"], "The error has no message or no request id"
    if response.status_code == 400:
        fields = [field["field"] for field in error.get("fieldErrors", [])]
        assert fields and all(fields), "The 400 names no field"
