import type { TestInfo } from '@playwright/test';
import { comes, PATH, portalWithPaths, station, Typed, until, WHO, whom } from '../support/golden-paths.ts';
import { expect, expectAccessible, type Page, SCREENS, showOn, test, tookOver, watch } from '../support/test.ts';

const PUBLIC = '198.51.100.17';

/** Looks at the page as everybody does: by day and by night, on a desk and a phone. Those with a name are the pictures of the README. */
async function looked(page: Page, hydrated: boolean, info: TestInfo, step: string, picture = ''): Promise<void> {
  await expectAccessible(page, hydrated, SCREENS);
  for (const screen of SCREENS) {
    const { width, colorScheme } = screen;
    const kept = process.env.PORTICO_PICTURES ? `${process.env.PORTICO_PICTURES}/${info.project.name}-${step}-${width}-${colorScheme}.png` : '';
    const shown = process.env.PORTICO_SCREENS && hydrated && picture ? `../docs/screenshots/${picture}-${width > 640 ? 'wide' : 'narrow'}-${colorScheme}.png` : '';
    if (!kept && !shown) continue;
    await showOn(page, screen);
    if (kept) await page.screenshot({ path: kept, fullPage: true });
    if (shown) await page.screenshot({ path: shown });
  }
  await showOn(page, SCREENS[0]!);
}

test('a payment service goes to production through six teams, and each datum is typed once', async ({ browser, hydrated, problems }, info) => {
  test.setTimeout(600_000);
  const portal = await portalWithPaths();
  const { url } = portal;
  const settings = { baseURL: url, javaScriptEnabled: hydrated, reducedMotion: 'reduce' as const, viewport: { width: 1440, height: 900 } };
  let context = await browser.newContext(settings);
  let page = await context.newPage();
  watch(page, url, problems, hydrated);
  const name = `payout-${info.project.name === 'hydrated' ? 'hydrated' : 'plain'}`;
  const comesAs = (who: string, path: string) => comes(page, context, url, who, path, hydrated);
  const look = (step: string, picture = '') => looked(page, hydrated, info, step, picture);
  let typed = new Typed(page, hydrated);
  try {
    // The developer finds the path, begins, and leaves in the middle of the form.
    typed.who = WHO.developer;
    // Until the examples are read, nothing is there.
    problems.allow(/404.*payment-service-to-production/);
    await expect(async () => {
      await comesAs(WHO.developer, PATH);
      await expect(page.getByRole('button', { name: 'Start journey', exact: true })).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await expect(page.getByRole('list', { name: 'Stations of this golden path' }).getByRole('listitem')).toHaveCount(6);
    await look('00-path', 'golden-path');
    await page.getByRole('button', { name: 'Start journey', exact: true }).click();
    await expect(page.getByRole('heading', { level: 2, name: 'What are you building?' })).toBeVisible();
    await typed.settled();
    await typed.field('name', name);
    await typed.field('description', 'Pays out to merchants within ten seconds');
    await typed.choice('owner', 'instant', /Instant Payments/, 'group:default/instant-payments');
    await page.getByRole('button', { name: 'Continue' }).last().click();
    await expect(page.getByRole('heading', { level: 2, name: 'What does it handle?' })).toBeVisible();
    await context.close();

    // On another device it goes on where it was left.
    context = await browser.newContext(settings);
    page = await context.newPage();
    watch(page, url, problems, hydrated);
    typed = Object.assign(new Typed(page, hydrated), { data: typed.data, words: typed.words, who: typed.who });
    await comesAs(WHO.developer, '/golden-paths');
    await look('01-discover');
    await page.getByRole('link', { name: 'Take a payment service to production' }).first().click();
    await page.getByRole('link', { name: 'Fill in the form' }).click();
    await expect(page.getByRole('heading', { level: 2, name: 'What does it handle?' })).toBeVisible();
    await typed.settled();
    await typed.boxes('data', ['Payments', 'Account numbers']);
    await typed.field('goLive', '2027-03-01');
    await page.getByRole('button', { name: 'Review' }).last().click();
    await expect(page.getByRole('heading', { level: 2, name: 'What will happen' })).toBeVisible();
    await expect(page.getByText(name, { exact: true })).toBeVisible();
    await look('02-review');
    await page.getByRole('button', { name: 'Start journey' }).click();
    await expect(page).toHaveURL(/\/golden-paths\/journeys\/[0-9a-f-]{36}$/);
    const journey = new URL(page.url()).pathname;

    // The portal makes the repository and the delivery by itself, and the security engineers have the ball.
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Set up delivery').filter({ hasText: 'Done' })).toBeVisible({ timeout: 2_000 });
    }, 90_000);
    await expect(station(page, 'Security review')).toContainText('With Security Engineering');
    await comesAs(WHO.developer, journey);
    await look('03-under-way', 'journey');
    await comesAs(WHO.developer, '/golden-paths');
    await expect(page.getByRole('progressbar', { name: /^Steps done/ })).toBeVisible();
    await look('03b-continue', 'golden-paths');
    await comesAs(WHO.developer, '/golden-paths/journeys');
    await expect(page.getByRole('row', { name: new RegExp(name) })).toContainText('Security Engineering');
    await look('03c-journeys');

    // Security looks at it.
    typed.who = WHO.security;
    await comesAs(WHO.security, '/golden-paths/queue');
    await look('04-queue', 'queue');
    await page.getByRole('button', { name: /^Take it ?: Security review/ }).click();
    await expect(page.getByText(/taken this step/)).toBeVisible();
    await typed.settled();
    await typed.evidence('Threat model', 'https://wiki.meridian.example/models/payout-1');
    await typed.radio('risk', 'Medium');
    await typed.field('conditions', 'Account numbers are masked in every log');
    await look('05-task', 'task');
    await page.getByRole('button', { name: 'Finish Security review' }).click();
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Data classification')).toContainText('0 of 2 agree', { timeout: 2_000 });
    });

    // The data office does not agree, and sends it back.
    typed.who = WHO.data;
    await comesAs(WHO.data, '/golden-paths/queue');
    await page.getByRole('link', { name: 'Data classification' }).click();
    await typed.settled();
    await expect(page.getByText('Medium').or(page.getByText('medium')).first()).toBeVisible();
    await look('06-approval');
    await page.getByText('Send back…').click();
    await typed.word(/^Why/, 'The model leaves out where account numbers are kept');
    await page.getByRole('button', { name: 'Send back' }).click();
    await expect(station(page, 'Security review')).toContainText('With Security Engineering');

    // Security finds what was filled in, and adds what was missing.
    typed.who = WHO.security;
    await comesAs(WHO.security, '/golden-paths/queue');
    await page.getByRole('link', { name: 'Security review' }).click();
    await typed.settled();
    await expect(page.getByText('It was sent back')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Threat model', exact: true })).toBeVisible();
    await page.getByText('Attach evidence').click();
    await page.locator('#evidence-file').setInputFiles({ name: 'threat-model.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n') });
    await page.getByRole('button', { name: 'Attach the file' }).click();
    await expect(page.getByRole('link', { name: 'threat-model.pdf' })).toBeVisible();
    await typed.settled();
    await expect(page.getByRole('radio', { name: 'Medium', exact: true })).toBeChecked();
    await expect(page.locator('[id="f/conditions"]')).toHaveValue('Account numbers are masked in every log');
    await look('07-sent-back');
    await page.getByRole('button', { name: 'Finish Security review' }).click();
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Data classification')).toContainText('0 of 2 agree', { timeout: 2_000 });
    });

    // Two of the data office agree: one at the journey, the other where she is told of it.
    await comesAs(WHO.data, `${journey}?step=classification`);
    await page.getByRole('button', { name: 'Agree', exact: true }).click();
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Data classification')).toContainText('1 of 2 agree', { timeout: 2_000 });
    });
    await comesAs(WHO.alsoData, '/inbox');
    await look('12-inbox');
    await page.getByRole('button', { name: /^Agree ?: A decision waits: Data classification/ }).click();
    await expect(page.getByText('You have approved.').first()).toBeVisible();
    await expect(page).toHaveURL(/\/inbox$/);
    await expect(page.getByText('A decision waits: Data classification')).toHaveCount(0);

    // Meanwhile a newer version of the path is published; the developer looks at what changes, and takes it.
    portal.publish((text) => text.replace('version: 1.0.0', 'version: 1.1.0').replace('and its dashboard is there.', 'its dashboard is there, and its rota is full.'));
    await comesAs(WHO.author, PATH);
    await page.getByRole('button', { name: 'Read it again' }).click();
    await expect(async () => {
      await page.goto(`${url}${PATH}/versions`);
      await expect(page.getByRole('link', { name: '1.1.0' })).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    typed.who = WHO.developer;
    await comesAs(WHO.developer, journey);
    await page.getByRole('link', { name: 'See what changes' }).click();
    await expect(page.getByRole('row', { name: /Go-live readiness/ })).toContainText('Changes');
    await look('08-offer');
    await typed.settled();
    await page.getByRole('button', { name: 'Take the newer version' }).click();
    await expect(page.getByText(/version 1\.1\.0/).first()).toBeVisible();

    // The name is for whoever knows the network.
    typed.who = WHO.identity;
    await comesAs(WHO.identity, `${journey}?step=dns`);
    await page.getByText('Hand it over', { exact: true }).first().click();
    await whom(page, 'hand-over-to', 'ng', /^Ng/, WHO.network, hydrated);
    await page.locator('#hand-over-reason').fill('The edge is yours');
    typed.words.push('The edge is yours');
    await page.getByRole('button', { name: 'Hand it over' }).click();
    await expect(station(page, 'Public name')).toContainText('With Ng');

    typed.who = WHO.network;
    await comesAs(WHO.network, '/golden-paths/queue');
    await page.getByRole('link', { name: 'Public name' }).click();
    await typed.settled();
    await typed.field('address', PUBLIC);
    await page.getByRole('button', { name: 'Finish Public name' }).click();
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Go-live readiness')).toContainText('With Observability', { timeout: 2_000 });
    });

    // The last gate knows all that was said before.
    typed.who = WHO.observability;
    await comesAs(WHO.observability, `${journey}?step=go-live`);
    await expect(page.getByText(PUBLIC).first()).toBeVisible();
    await expect(page.getByText('its rota is full')).toBeVisible();
    await page.getByRole('button', { name: 'Agree', exact: true }).click();
    await until(page, hydrated, async (page) => {
      await expect(page.getByText('The journey is completed').first()).toBeVisible({ timeout: 2_000 });
    });

    // Whoever began it reads what there is now, and what happened.
    await comesAs(WHO.developer, journey);
    await expect(page.getByText(`${name}.api.meridian.example`)).toBeVisible();
    await look('09-completed');
    await comesAs(WHO.developer, `${journey}?step=delivery`);
    await page.locator('summary').filter({ hasText: 'What it was given' }).click();
    await expect(page.getByRole('row', { name: /^Code/ })).toContainText('From Create the service');
    await expect(page.getByRole('row', { name: /^Service/ })).toContainText('From the form at the beginning');
    await page.locator('summary').filter({ hasText: 'The run' }).click();
    await expect(page.getByRole('region', { name: 'Log of the run' })).toContainText('holds commit');
    await look('11-run');
    await comesAs(WHO.developer, `${journey}/history`);
    for (const said of ['sent the journey back to Security review', 'handed Public name over to Ng', 'moved the journey to version 1.1.0', 'agreed to Go-live readiness']) {
      await expect(page.getByText(said).first()).toBeVisible();
    }
    await look('10-history');

    // Nothing was typed twice: not by one, and not by two.
    const values = typed.data.map(({ value }) => value);
    expect(new Set(values).size, JSON.stringify(typed.data)).toBe(values.length);
    expect(new Set(typed.data.filter(({ what }) => what !== 'evidence').map(({ what }) => what)).size).toBe(typed.data.filter(({ what }) => what !== 'evidence').length);
    info.annotations.push({ type: 'typed', description: `${values.length} data and ${typed.words.length} reasons, by ${new Set(typed.data.map(({ who }) => who)).size} people` });
    expect(values.length).toBe(9);
    expect(problems.unexpected()).toEqual([]);
  } finally {
    await context.close();
    await portal.stop();
  }
});

test('a journey is cancelled, and what it made is undone by whom it concerns', async ({ browser, hydrated, problems }, info) => {
  test.setTimeout(240_000);
  const portal = await portalWithPaths();
  const { url } = portal;
  const context = await browser.newContext({ baseURL: url, javaScriptEnabled: hydrated, reducedMotion: 'reduce' });
  const page = await context.newPage();
  watch(page, url, problems, hydrated);
  const typed = new Typed(page, hydrated);
  const comesAs = (who: string, path: string) => comes(page, context, url, who, path, hydrated);
  try {
    problems.allow(/404/);
    await expect(async () => {
      await comesAs(WHO.developer, PATH);
      await expect(page.getByRole('button', { name: 'Start journey', exact: true })).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    await page.getByRole('button', { name: 'Start journey', exact: true }).click();
    await expect(page.getByRole('heading', { level: 2, name: 'What are you building?' })).toBeVisible();
    await typed.settled();
    await typed.field('name', 'given-up-early');
    await typed.field('description', 'Never goes live');
    await typed.choice('owner', 'instant', /Instant Payments/, 'group:default/instant-payments');
    await page.getByRole('button', { name: 'Continue' }).last().click();
    await expect(page.getByRole('heading', { level: 2, name: 'What does it handle?' })).toBeVisible();
    await typed.settled();
    await typed.boxes('data', ['None of these']);
    await typed.field('goLive', '2027-03-01');
    await page.getByRole('button', { name: 'Review' }).last().click();
    await typed.settled();
    await page.getByRole('button', { name: 'Start journey' }).click();
    await expect(page).toHaveURL(/\/golden-paths\/journeys\/[0-9a-f-]{36}$/);
    const journey = new URL(page.url()).pathname;
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Set up delivery').filter({ hasText: 'Done' })).toBeVisible({ timeout: 2_000 });
    }, 90_000);

    // Somebody who has no part in it does not know that it is there.
    await comesAs('user:default/sofia.lindqvist', journey);
    await expect(page.getByRole('heading', { level: 1, name: 'Not found' })).toBeVisible();

    await comesAs(WHO.developer, journey);
    await page.getByText('Cancel it', { exact: true }).click();
    await expect(page.getByText(/Give the namespaces back; Archive the repository/)).toBeVisible();
    await page.locator('#cancel-reason').fill('Another team has built it already');
    await page.getByRole('button', { name: 'Cancel journey' }).click();
    await expect(page.getByText('The journey was cancelled').first()).toBeVisible();
    await until(page, hydrated, async (page) => {
      await expect(page.getByText('1 of 2').first()).toBeVisible({ timeout: 2_000 });
    }, 60_000);

    await looked(page, hydrated, info, '20-undoing');
    await comesAs('user:default/samuel.adeyemi', '/golden-paths/queue');
    await page.getByRole('link', { name: 'Archive the repository' }).click();
    await typed.settled();
    await expect(page.getByText(/Archive .*given-up-early/).first()).toBeVisible();
    await page.getByRole('textbox', { name: /^What was done/ }).fill('Archived');
    await page.getByRole('button', { name: 'It is undone' }).click();
    await expect(page.getByText('All of it is undone.')).toBeVisible();

    // Starting over keeps the old journey, and what was filled in.
    await comesAs(WHO.developer, journey);
    await page.getByRole('button', { name: 'Start over' }).click();
    await expect(page.locator('[id="f/name"]')).toHaveValue('given-up-early');
    if (hydrated) await tookOver(page);
    expect(problems.unexpected()).toEqual([]);
  } finally {
    await context.close();
    await portal.stop();
  }
});

test('a step that waits is left out once somebody else agrees, and a decision can be given to another', async ({ browser, hydrated, problems }, info) => {
  test.setTimeout(240_000);
  const portal = await portalWithPaths();
  const { url } = portal;
  const context = await browser.newContext({ baseURL: url, javaScriptEnabled: hydrated, reducedMotion: 'reduce' });
  const page = await context.newPage();
  watch(page, url, problems, hydrated);
  const typed = new Typed(page, hydrated);
  const comesAs = (who: string, path: string) => comes(page, context, url, who, path, hydrated);
  const path = '/golden-paths/paths/default/retire-a-service';
  try {
    problems.allow(/404/);
    await expect(async () => {
      await comesAs(WHO.developer, path);
      await expect(page.getByRole('button', { name: 'Start journey', exact: true })).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 60_000 });
    // For a team: each of its members goes on with it.
    await page.getByText('Start it for a team').click();
    await page.getByRole('combobox', { name: 'Team' }).selectOption('group:default/instant-payments');
    await page.getByRole('button', { name: 'Start for this team' }).click();
    await expect(page.getByRole('heading', { level: 2, name: 'Which service?' })).toBeVisible();
    await typed.settled();
    await typed.field('service', 'old-router');
    await typed.choice('owner', 'instant', /Instant Payments/, 'group:default/instant-payments');
    await typed.field('reason', 'The payment hub routes by itself');
    await page.getByRole('button', { name: 'Review' }).last().click();
    await typed.settled();
    await page.getByRole('button', { name: 'Start journey' }).click();
    await expect(page).toHaveURL(/\/golden-paths\/journeys\/[0-9a-f-]{36}$/);
    const journey = new URL(page.url()).pathname;
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Retire a service: old-router');

    await comesAs('user:default/samuel.adeyemi', `${journey}?step=announce`);
    await typed.evidence('Announcement', 'https://chat.meridian.example/announcements/77');
    await page.getByRole('button', { name: 'Finish Tell its callers' }).click();
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Notice period')).toContainText('Goes on in 30 days', { timeout: 2_000 });
    });

    // Another member of the team asks that the notice be skipped; the board agrees.
    await comesAs('user:default/jonas.weber', `${journey}?step=notice`);
    await page.getByText('Skip it', { exact: true }).click();
    await page.locator('#skip-reason').fill('Nobody has called it for a year');
    await page.getByRole('button', { name: 'Skip this step' }).click();
    await expect(page.getByText('asks that this step be skipped').first()).toBeVisible();
    await looked(page, hydrated, info, '30-exception');
    await comesAs('user:default/guthrun.thorsteinsdottir', '/golden-paths/queue?what=exception');
    await page.getByRole('link', { name: 'Notice period' }).click();
    await typed.settled();
    await page.getByRole('button', { name: 'Agree that it is left out' }).click();
    await until(page, hydrated, async (page) => {
      await expect(station(page, 'Notice period')).toContainText('Skipped', { timeout: 2_000 });
    });

    // One of the data office has another decide.
    await comesAs(WHO.data, `${journey}?step=records`);
    await page.getByText('Have somebody decide in your place').click();
    await whom(page, 'delegate-to', 'ewa', /^Ewa/, WHO.observability, hydrated);
    await page.getByRole('button', { name: 'Let them decide' }).click();
    await expect(page.getByText('Ewa Kamińska decides in your place.')).toBeVisible();
    await comesAs(WHO.observability, '/golden-paths/queue');
    await page.getByRole('link', { name: 'Records are kept' }).click();
    await typed.settled();
    await page.getByRole('button', { name: 'Agree', exact: true }).click();
    await until(page, hydrated, async (page) => {
      await expect(page.getByText('The journey is completed').first()).toBeVisible({ timeout: 2_000 });
    }, 60_000);
    expect(problems.unexpected()).toEqual([]);
  } finally {
    await context.close();
    await portal.stop();
  }
});
