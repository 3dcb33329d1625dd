import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { Provider } from 'oidc-provider';

/** What the portal shares with every provider. */
export const SECRET = 'the secret of the portal, which no log may hold';

/** How the portal is known to them. */
export const CLIENT = 'portico';

export interface Running {
  url: string;
  stop(): Promise<void>;
}

/** Serves on a port of this machine. */
export async function serve(port: number, listener: RequestListener): Promise<Running> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return new URLSearchParams(body);
}

function html(response: ServerResponse, title: string, body: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(`<!DOCTYPE html><html lang="en"><head><title>${title}</title></head><body><main><h1>${title}</h1>${body}</main></body></html>`);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}

/** Who can sign in at the bank: the name in the catalog, and the groups that the bank knows. */
const PEOPLE: Record<string, { name: string; groups: string[] }> = {
  'amelie.dubois': { name: 'Amélie Dubois', groups: ['Developer-Experience'] },
  'jonas.weber': { name: 'Jonas Weber', groups: [] },
};

export interface Bank extends Running {
  /** How often somebody came to be signed in. */
  visits(): number;
}

/** A real OpenID Connect provider, with a page of its own to choose who one is. */
export async function startBank(port: number, portal: string): Promise<Bank> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider: Provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: CLIENT,
        client_secret: SECRET,
        redirect_uris: [`${portal}/sign-in/bank/callback`],
        post_logout_redirect_uris: [`${portal}/signed-out`],
        backchannel_logout_uri: `${portal}/sign-in/bank/back-channel`,
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'bank', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomUUID()] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    ttl: { Session: 3600, Grant: 3600, Interaction: 3600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, preferred_username: sub, email: `${sub}@meridian.example`, email_verified: true, ...PEOPLE[sub] }),
    }),
    // What the portal asks for is agreed to for everybody.
    loadExistingGrant: async ({ oidc }: { oidc: { session: { accountId: string } } }) => {
      const grant = new provider.Grant({ clientId: CLIENT, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
  });
  let visits = 0;
  const answer = provider.callback();
  const running = await serve(port, (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/auth') visits += 1;
    if (!path.startsWith('/interaction/')) return void answer(request, response);
    if (request.method === 'POST') {
      void form(request).then((chosen) => {
        const accountId = chosen.get('person');
        const result = accountId ? { login: { accountId } } : { error: 'access_denied', error_description: 'You <b>may not</b> come in' };
        return provider.interactionFinished(request, response, result);
      });
      return;
    }
    const people = Object.entries(PEOPLE).map(([id, { name }]) => `<button name="person" value="${id}">${name}</button>`);
    html(response, 'Who are you?', `<form method="post">${people.join(' ')} <button name="person" value="">Do not let me in</button></form>`);
  });
  return { ...running, visits: () => visits };
}

/** What is wrong with what the forger gives. */
export type Forgery = 'none' | 'foreign key' | 'expired' | 'from the future' | 'within the skew' | 'unverified e-mail' | 'another audience' | 'not signed' | 'another nonce';

export interface Forger extends Running {
  does(forgery: Forgery): void;
  /** The requests of the token endpoint. */
  exchanged: URLSearchParams[];
}

/** A provider that lets everybody in as Jonas Weber at once, and lies. */
export async function startForger(port: number): Promise<Forger> {
  const issuer = `http://127.0.0.1:${port}`;
  const [own, foreign] = [0, 1].map(() => generateKeyPairSync('ec', { namedCurve: 'P-256' })) as [{ publicKey: KeyObject; privateKey: KeyObject }, { publicKey: KeyObject; privateKey: KeyObject }];
  const codes = new Map<string, string>();
  const exchanged: URLSearchParams[] = [];
  let forgery: Forgery = 'none';
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (nonce: string) => {
    const now = Math.floor(Date.now() / 1000);
    const shift = { expired: -900, 'from the future': 900, 'within the skew': -330 }[forgery as string] ?? 0;
    const claims = {
      iss: issuer,
      aud: forgery === 'another audience' ? 'another' : CLIENT,
      sub: 'jonas',
      iat: now + shift,
      exp: now + 300 + shift,
      nonce: forgery === 'another nonce' ? 'another' : nonce,
      name: 'Jonas Weber',
      email: 'jonas.weber@meridian.example',
      email_verified: forgery !== 'unverified e-mail',
      groups: [],
    };
    if (forgery === 'not signed') return `${part({ alg: 'none' })}.${part(claims)}.`;
    const input = `${part({ alg: 'ES256', kid: 'own', typ: 'JWT' })}.${part(claims)}`;
    const key = forgery === 'foreign key' ? foreign.privateKey : own.privateKey;
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const running = await serve(port, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
    if (pathname === '/.well-known/openid-configuration') {
      return json(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256', 'none'],
      });
    }
    if (pathname === '/keys') return json(response, { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'own', use: 'sig', alg: 'ES256' }] });
    if (pathname === '/authorize') return lead(response, searchParams, codes, searchParams.get('nonce') ?? '');
    void form(request).then((sent) => {
      exchanged.push(sent);
      const nonce = codes.get(sent.get('code') ?? '');
      codes.delete(sent.get('code') ?? '');
      if (nonce === undefined) return json(response, { error: 'invalid_grant' }, 400);
      json(response, { access_token: 'an access token', token_type: 'Bearer', id_token: token(nonce) });
    });
  });
  return { ...running, exchanged, does: (what) => void (forgery = what) };
}

/** A provider of plain OAuth 2, which checks the proof of whoever brings a code. */
export async function startPlain(port: number): Promise<Running> {
  const codes = new Map<string, string>();
  const tokens = new Set<string>();
  return serve(port, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://127.0.0.1:${port}`);
    if (pathname === '/authorize') return lead(response, searchParams, codes, searchParams.get('code_challenge') ?? '');
    if (pathname === '/user') {
      const known = tokens.has((request.headers.authorization ?? '').replace('Bearer ', ''));
      return known ? json(response, { id: 4711, login: 'amelie.dubois', display: 'Amélie Dubois' }) : json(response, {}, 401);
    }
    void form(request).then((sent) => {
      const challenge = codes.get(sent.get('code') ?? '');
      codes.delete(sent.get('code') ?? '');
      const proof = createHash('sha256').update(sent.get('code_verifier') ?? '').digest('base64url');
      if (sent.get('client_secret') !== SECRET) return json(response, { error: 'invalid_client' }, 401);
      if (challenge !== proof) return json(response, { error: 'invalid_grant' }, 400);
      const token = randomUUID();
      tokens.add(token);
      json(response, { access_token: token, token_type: 'bearer' });
    });
  });
}

/** Leads the browser back with a code at once. */
function lead(response: ServerResponse, asked: URLSearchParams, codes: Map<string, string>, kept: string): void {
  const code = randomUUID();
  codes.set(code, kept);
  const back = new URL(asked.get('redirect_uri') ?? '');
  back.searchParams.set('code', code);
  back.searchParams.set('state', asked.get('state') ?? '');
  response.writeHead(302, { location: back.href }).end();
}
