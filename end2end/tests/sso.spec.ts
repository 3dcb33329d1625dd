import { join } from 'node:path';
import { type Bank, CLIENT, type Forger, type Forgery, type Running, SECRET, startBank, startForger, startPlain } from '../support/providers.ts';
import { freePort, startPortico, type Portico } from '../support/server.ts';
import { expect, test as base, type Page } from '../support/test.ts';

interface World {
  portico: Portico;
  bank: Bank;
  forger: Forger;
  plain: Running;
  /** Where a provider will be that is not there yet. */
  late: number;
}

const EXAMPLES = join(import.meta.dirname, '../../examples');

/** One portal with four providers, of which one is down. */
const test = base.extend<{ others: void }, { world: World }>({
  world: [
    async ({}, use) => {
      const [bankPort, forgerPort, plainPort, late] = [await freePort(), await freePort(), await freePort(), await freePort()];
      const provider = (id: string, label: string, kind: string, more: string) =>
        `[[providers]]\nid = "${id}"\nlabel = "${label}"\nkind = "${kind}"\nclient_id = "${CLIENT}"\nclient_secret = "${SECRET}"\nallow_private = true\n${more}\n`;
      const at = (port: number) => `http://127.0.0.1:${port}`;
      const plainUrls = `authorize_url = "${at(plainPort)}/authorize"\ntoken_url = "${at(plainPort)}/token"\nuser_info_url = "${at(plainPort)}/user"`;
      const config = [
        provider('bank', 'Meridian SSO', 'oidc', `issuer = "${at(bankPort)}"\nscopes = ["profile", "email", "groups"]\nbind = "claim:preferred_username"`),
        provider('forger', 'The Forger', 'oidc', `issuer = "${at(forgerPort)}"\nbind = "email"\nclock_skew_seconds = 60`),
        provider('plain', 'Plain OAuth', 'oauth2', `${plainUrls}\nclient_auth = "post"\nscopes = ["user"]\nbind = "claim:login"\n[providers.claims]\nsubject = "id"\nname = "display"`),
        provider('late', 'The Late One', 'oidc', `issuer = "${at(late)}"\nbind = "email"`),
        '[access]\nadministrators = ["group:default/developer-experience"]\n[sessions]\nidle_minutes = 1\n[limits]\nsign_in = 0\n',
      ];
      const portico = await startPortico(
        (_, read) => read(EXAMPLES, '--trust-org'),
        () => config.join('\n'),
      );
      const [bank, forger, plain] = [await startBank(bankPort, portico.url), await startForger(forgerPort), await startPlain(plainPort)];
      await use({ portico, bank, forger, plain, late });
      const log = portico.log();
      await Promise.all([portico, bank, forger, plain].map((each) => each.stop()));
      for (const secret of [SECRET, 'eyJ', 'an access token', ...forger.exchanged.flatMap((sent) => [sent.get('code')!, sent.get('code_verifier')!])]) {
        expect(log, 'what the server wrote').not.toContain(secret);
      }
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  baseURL: async ({ world }, use) => use(world.portico.url),
  storageState: async ({}, use) => use({ cookies: [], origins: [] }),
  // Signing in is done elsewhere, and being refused is what most of these tests are about.
  others: [
    async ({ problems }, use) => {
      problems.allow(/request to another host|response: (400|403|404|502)|Failed to load resource/);
      await use();
    },
    { auto: true },
  ],
});

// One portal for all of them, one after the other: the forger is asked to do one thing at a time.
test.describe.configure({ mode: 'default' });

/** From wherever a page that needs a sign-in leads, through the bank. */
async function signIn(page: Page, who: string, path = '/'): Promise<void> {
  await page.goto(path);
  await page.getByRole('link', { name: 'Sign in with Meridian SSO' }).click();
  await page.getByRole('button', { name: who }).click();
}

const refused = (page: Page, title: string) => expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();

/** The page at `path` is shown to whoever is called `name`. */
async function signedIn(page: Page, path: string, name: string): Promise<void> {
  await expect(page).toHaveURL(path);
  await expect(page.locator('.pk-account').first()).toContainText(name);
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).click();
}

test('a person signs in and lands where it was going', async ({ page, accessible }) => {
  await page.goto('/catalog?kind=api&q=payment');
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await accessible();
  await page.getByRole('link', { name: 'Sign in with Meridian SSO' }).click();
  await page.getByRole('button', { name: 'Jonas Weber' }).click();
  await signedIn(page, '/catalog?kind=api&q=payment', 'Jonas Weber');
});

test('a group in the token is a right', async ({ page }) => {
  await signIn(page, 'Amélie Dubois', '/audit');
  await signedIn(page, '/audit', 'Amélie Dubois');
  expect((await page.reload())?.status()).toBe(200);
  await expect(page.getByText(/You lack the right/)).toHaveCount(0);
});

test('without the group there is no right', async ({ page }) => {
  await signIn(page, 'Jonas Weber', '/audit');
  await signedIn(page, '/audit', 'Jonas Weber');
  expect((await page.reload())?.status()).toBe(403);
  await expect(page.getByText(/You lack the right/).first()).toBeVisible();
});

test('signing out ends the session here and at the provider', async ({ page, context, world }) => {
  await signIn(page, 'Jonas Weber', '/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
  const cookies = await context.cookies(world.portico.url);
  await signOut(page);
  // The provider asks whether it shall end its own session.
  await page.getByRole('button', { name: /^Yes/ }).click();
  await refused(page, 'You are signed out');
  await expect(page).toHaveURL('/signed-out');
  await page.goto('/catalog');
  await page.getByRole('link', { name: 'Sign in with Meridian SSO' }).click();
  await refused(page, 'Who are you?');
  await context.addCookies(cookies.filter(({ name }) => name.startsWith('portico-')));
  await page.goto('/catalog');
  await refused(page, 'Sign in');
});

test('signing out at the provider ends the session here', async ({ page, world }) => {
  await signIn(page, 'Jonas Weber', '/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
  await page.goto(`${world.bank.url}/session/end?client_id=${CLIENT}`);
  await page.getByRole('button', { name: /^Yes/ }).click();
  await expect(async () => {
    await page.goto('/catalog');
    await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible({ timeout: 500 });
  }).toPass();
});

test('an expired session leads to the sign-in and back', async ({ page, world, hydrated }) => {
  test.skip(!hydrated, 'a minute is waited once');
  test.setTimeout(120_000);
  await signIn(page, 'Jonas Weber', '/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
  const visits = world.bank.visits();
  // Sessions of this portal end after a minute without a request.
  await page.waitForTimeout(62_000);
  await page.goto('/catalog?kind=system');
  await page.getByRole('link', { name: 'Sign in with Meridian SSO' }).click();
  await signedIn(page, '/catalog?kind=system', 'Jonas Weber');
  expect(world.bank.visits(), 'the provider was asked, which knew the person still').toBe(visits + 1);
});

test('denied consent is a page that says so', async ({ page, accessible }) => {
  await signIn(page, 'Do not let me in', '/catalog');
  await refused(page, 'You were not signed in');
  await expect(page.getByText('You <b>may not</b> come in'), 'the words of the provider, as text').toBeVisible();
  await accessible();
  await page.getByRole('link', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Jonas Weber' }).click();
  await signedIn(page, '/catalog', 'Jonas Weber');
});

test('a wrong state and an answer that was used are refused', async ({ page, accessible }) => {
  let answer = '';
  page.on('request', (request) => {
    if (request.url().includes('/callback?')) answer = request.url();
  });
  await signIn(page, 'Jonas Weber', '/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
  const response = await page.goto(answer);
  expect(response?.status()).toBe(400);
  await refused(page, 'This sign-in is no longer valid');
  await accessible();
  const wrong = new URL(answer);
  wrong.searchParams.set('state', 'another');
  expect((await page.goto(wrong.href))?.status()).toBe(400);
  await page.goto('/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
});

test('a code that was used is refused by the provider', async ({ page, context, world }) => {
  world.forger.does('none');
  let first = '';
  page.on('request', (request) => {
    if (request.url().includes('/callback?')) first = request.url();
  });
  await page.goto('/sign-in/forger?to=/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
  // A new sign-in, whose answer brings the code of the one before.
  const begun = await context.request.get('/sign-in/forger?to=/catalog', { maxRedirects: 0 });
  const answer = new URL(first);
  answer.searchParams.set('state', new URL(begun.headers().location!).searchParams.get('state')!);
  expect((await page.goto(answer.href))?.status()).toBe(400);
  await refused(page, 'This sign-in is no longer valid');
  await expect(page.getByText('The Forger has seen this sign-in before')).toBeVisible();
});

const FORGERIES: [Forgery, string][] = [
  ['foreign key', 'The answer of the sign-in service is not trusted'],
  ['expired', 'The answer of the sign-in service is not trusted'],
  ['from the future', 'The answer of the sign-in service is not trusted'],
  ['another audience', 'The answer of the sign-in service is not trusted'],
  ['another nonce', 'The answer of the sign-in service is not trusted'],
  ['not signed', 'The answer of the sign-in service is not trusted'],
  ['unverified e-mail', 'Your e-mail address is not confirmed'],
];

for (const [forgery, title] of FORGERIES) {
  test(`a token with this in it is refused: ${forgery}`, async ({ page, world, accessible, hydrated }) => {
    world.forger.does(forgery);
    const response = await page.goto('/sign-in/forger?to=/catalog');
    expect(response?.status()).toBe(forgery === 'unverified e-mail' ? 403 : 502);
    await refused(page, title);
    if (hydrated) await accessible();
    await page.goto('/catalog');
    await refused(page, 'Sign in');
  });
}

test('clocks may differ a little', async ({ page, world }) => {
  world.forger.does('within the skew');
  await page.goto('/sign-in/forger?to=/catalog');
  await signedIn(page, '/catalog', 'Jonas Weber');
});

test('plain OAuth 2', async ({ page }) => {
  await page.goto('/catalog?kind=group');
  await page.getByRole('link', { name: 'Sign in with Plain OAuth' }).click();
  await signedIn(page, '/catalog?kind=group', 'Amélie Dubois');
  await signOut(page);
  await refused(page, 'You are signed out');
});

test('a provider that is down costs its own sign-in and nothing else', async ({ page, world, accessible, hydrated }) => {
  test.skip(!hydrated, 'a provider comes late once');
  await page.goto('/catalog?kind=api');
  await page.getByRole('link', { name: 'Sign in with The Late One' }).click();
  await refused(page, 'The sign-in service does not answer');
  await expect(page.getByRole('link', { name: 'Sign in with Meridian SSO' })).toBeVisible();
  await accessible();
  const late = await startForger(world.late);
  await expect(async () => {
    await page.getByRole('link', { name: 'Try again' }).click();
    await expect(page).toHaveURL('/catalog?kind=api', { timeout: 1_000 });
  }).toPass();
  await signedIn(page, '/catalog?kind=api', 'Jonas Weber');
  await late.stop();
  await page.goto('/catalog?kind=system');
  await signedIn(page, '/catalog?kind=system', 'Jonas Weber');
});

test('a sign-in leads nowhere else', async ({ page, world }) => {
  world.forger.does('none');
  for (const to of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/%2f/evil.example', '/sign-in/forger']) {
    await page.goto(`/sign-in/forger?to=${encodeURIComponent(to)}`);
    await expect(page, to).toHaveURL('/');
  }
});
