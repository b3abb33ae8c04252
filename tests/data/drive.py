"""Google Drive as gdown meets it, answered for by the server on this machine."""

from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.data.server import Site, page, redirect, serve

# The shape of Drive's two pages as gdown 6.5.1 reads them (gdown/download.py, get_url_from_gdrive_confirmation).
TOO_LARGE_TO_SCAN = (
    "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
    '<form id="download-form" action="{site}/download" method="get">'
    '<input type="hidden" name="id" value="{id}"><input type="hidden" name="export" value="download">'
    '<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="u-1"></form></body></html>'
)
QUOTA = """<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head><body>
<p class="uc-error-caption">Sorry, you can't view or download this file at this time.</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently. Please try accessing the file again later.</p>
</body></html>"""


def answer_as_drive(site: Site, quota: tuple[str, ...] = ()) -> None:
    """Give the site Drive's pages for its files, which are named "/<id>"; those in `quota` were downloaded too often."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        address = urlsplit(handler.path)
        query = parse_qs(address.query)
        file = query["id"][0]
        if file in quota:
            page(QUOTA)(handler)
        elif address.path == "/uc":  # Drive sends on to another host, drive.usercontent.google.com
            redirect(f"{site.url}/download?id={file}&export=download")(handler)
        elif len(site.files[f"/{file}"]) > 10_000 and "confirm" not in query:
            page(TOO_LARGE_TO_SCAN.format(site=site.url, id=file))(handler)
        else:
            handler.path = f"/{file}"
            serve(handler, site, Content_Disposition='attachment; filename="x"')

    site.pages |= {"/uc": answer, "/download": answer}
