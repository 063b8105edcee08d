import type { ClientMetadata } from 'oidc-provider';

/** The programs that people sign in to with the browser. They are public: PKCE takes the place of a secret. */
export const clients = [
  {
    client_id: 'cli',
    client_name: 'astro CLI',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    id_token_signed_response_alg: 'EdDSA',
    /** The CLI waits there for the browser, on the machine of whoever signs in. */
    redirect_uris: ['http://localhost:12345/callback'],
  },
] satisfies ClientMetadata[];
