"""Workload identity: a client proves itself with a token of an issuer it is federated with, instead of a secret.

Only what is configured is believed: the issuer, the subject, the audience and the issuer's public key are given
beforehand. The authority fetches no keys from anywhere.
"""

from dataclasses import dataclass

import jwt

from emulators.entra.errors import InvalidAssertion

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""The only assertion type there is (RFC 7523)."""

DEFAULT_AUDIENCE = "api://AzureADTokenExchange"
"""The audience that Entra recommends for federated credentials (documented)."""


@dataclass(frozen=True)
class FederatedCredential:
    """Whose tokens a client may present: `public_key_pem` is the issuer's RSA or EC public key."""

    issuer: str
    subject: str
    public_key_pem: str
    audience: str = DEFAULT_AUDIENCE

    def verify(self, assertion: str) -> None:
        """Raises InvalidAssertion, with the number Entra uses for the part that is wrong."""
        try:
            claims = jwt.decode(
                assertion,
                self.public_key_pem,
                algorithms=["RS256", "ES256"],
                audience=self.audience,
                issuer=self.issuer,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            raise InvalidAssertion("Client assertion is not within its valid time range.", 700024) from error
        except jwt.InvalidIssuerError as error:
            raise InvalidAssertion(
                f"No matching federated identity record found for the assertion's issuer; expected '{self.issuer}'.",
                700211,
            ) from error
        except jwt.InvalidAudienceError as error:
            raise InvalidAssertion(
                f"No matching federated identity record found for the assertion's audience; "
                f"expected '{self.audience}'.",
                700212,
            ) from error
        except jwt.InvalidTokenError as error:
            raise InvalidAssertion(f"Assertion failed signature validation: {error}.") from error
        if claims["sub"] != self.subject:
            raise InvalidAssertion(
                f"No matching federated identity record found for the assertion's subject '{claims['sub']}'.", 700213
            )
