"""Google Drive as gdown meets it, on this machine: a proxy that answers for drive.google.com and drive.usercontent.google.com over TLS."""

import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.data.server import Site, listening, page, redirect, serve

HOSTS = ("drive.google.com", "drive.usercontent.google.com")

# The shape of Drive's two pages as gdown 6.5.1 reads them (gdown/download.py, get_url_from_gdrive_confirmation).
TOO_LARGE_TO_SCAN = (
    "<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>"
    '<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">'
    '<input type="hidden" name="id" value="{id}"><input type="hidden" name="export" value="download">'
    '<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="u-1"></form></body></html>'
)
QUOTA = """<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head><body>
<p class="uc-error-caption">Sorry, you can't view or download this file at this time.</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently. Please try accessing the file again later.</p>
</body></html>"""


@contextmanager
def drive(site: Site, folder: Path, quota: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Serve the site's files, named "/<id>", as Drive does; the environment under which the world's HTTPS ends here."""
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            self.close_connection = False

        def do_GET(self) -> None:
            site.asked.append((self.path, self.headers["Range"]))
            file, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
            name = query["id"][0]
            self.close_connection = True
            if name in quota:
                page(QUOTA)(self)
            elif file.path == "/uc":
                redirect(f"https://{HOSTS[1]}/download?id={name}&export=download")(self)
            elif len(site.files[f"/{name}"]) > 10_000 and "confirm" not in query:
                page(TOO_LARGE_TO_SCAN.format(id=name))(self)
            else:
                self.path = f"/{name}"
                serve(self, site, Content_Disposition='attachment; filename="x"')
            self.wfile.flush()

        def finish(self) -> None:
            self.connection.close()

        def log_message(self, *arguments: object) -> None:
            pass

    with listening(Handler) as port:
        yield {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "REQUESTS_CA_BUNDLE": str(certificate), "NO_PROXY": ""}


def _certificate(folder: Path) -> Path:
    """A key and the certificate that signs itself for HOSTS, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOSTS[0])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "drive.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
