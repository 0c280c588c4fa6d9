"""TLS on the way to the manager: who is there is proved by a certificate, and nobody in between reads."""

import ssl

from ivr.errors import SettingsError
from ivr.settings import Settings


def context(settings: Settings) -> ssl.SSLContext | None:
    """Give what a link needs to speak TLS, or None if the settings do not want it. Raises SettingsError.

    The certificate must be valid for IVR_AMI_HOST and signed by IVR_AMI_TLS_CA, or by somebody whom this host trusts.
    """
    if not settings.ami_tls:
        return None
    authority = settings.ami_tls_ca
    try:
        return ssl.create_default_context(cafile=None if authority is None else str(authority))
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else "no certificate in it"
        raise SettingsError(
            f"IVR_AMI_TLS_CA: {authority} cannot be used ({reason}); name the PEM file of the authority that signed the "
            "manager's certificate"
        ) from None
