"""How each family of services states an error: one renderer per dialect, the shapes as their clients parse them."""

from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

from emulators.kernel.errors import CloudError


def arm_error(error: CloudError) -> Response:
    """Resource Manager and Data Factory: `{"error": {code, message, target, details}}` (REST specification)."""
    return JSONResponse(
        {
            "error": {
                "code": error.code,
                "message": error.message,
                "target": error.target,
                "details": error.details or None,
            }
        },
        status_code=error.status,
    )


def databricks_error(error: CloudError) -> Response:
    """Databricks REST 2.x: `{"error_code", "message", "details"?}`."""
    document: dict[str, object] = {"error_code": error.code, "message": error.message}
    if error.details:
        document["details"] = error.details
    return JSONResponse(document, status_code=error.status)


def azureml_error(error: CloudError) -> Response:
    """Azure ML's v1 services: `{"error": {code, message}, "correlation": {…}}`."""
    return JSONResponse(
        {"error": {"code": error.code, "message": error.message}, "correlation": {"operation": None}},
        status_code=error.status,
    )


def storage_error(error: CloudError) -> Response:
    """Blob storage: XML, with the code repeated in `x-ms-error-code`."""
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
    )
    return Response(
        body, status_code=error.status, media_type="application/xml", headers={"x-ms-error-code": error.code}
    )


def entra_error(error: CloudError) -> Response:
    """The token endpoint (OAuth 2): `{"error", "error_description"}`; `code` is OAuth's error name."""
    return JSONResponse(
        {"error": error.code, "error_description": error.message, "error_codes": []},
        status_code=error.status,
    )
