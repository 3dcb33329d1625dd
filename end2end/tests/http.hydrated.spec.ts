import { entities } from '../support/catalog.ts';
import { expect, test } from '../support/test.ts';

test('the probes and metrics answer', async ({ request }) => {
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await request.get(path)).status(), path).toBe(200);
});

test("the catalog answers in Backstage's shape", async ({ request }) => {
  const response = await request.get('/api/catalog/entities/by-query?filter=kind=component,spec.lifecycle=deprecated&orderField=metadata.name,asc&limit=2');
  expect(response.status()).toBe(200);
  const page = await response.json();
  const all = await entities(request, 'kind=component,spec.lifecycle=deprecated');
  expect(all.map(({ metadata }) => metadata.name)).toContain('branch-terminal-gateway');
  expect(page.totalItems).toBe(all.length);
  expect(page.items).toEqual(all.slice(0, 2));
  const rest = await (await request.get(`/api/catalog/entities/by-query?limit=2&cursor=${encodeURIComponent(page.pageInfo.nextCursor)}`)).json();
  expect(rest.items).toEqual(all.slice(2, 4));
});

test('documents forbid foreign scripts and framing', async ({ request }) => {
  const headers = (await request.get('/')).headers();
  expect(headers['content-security-policy']).toMatch(/script-src [^;]*'nonce-/);
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('a request under a foreign name is refused with a page of its own', async ({ page, request, problems, accessible, baseURL }) => {
  const refused = await request.get('/catalog', { headers: { host: 'portico.evil.example', accept: 'text/html' } });
  expect(refused.status()).toBe(400);
  // Looked at under the portal's own name, where its style sheet may be loaded.
  problems.allow(/400/);
  const address = `${baseURL}/refused`;
  const body = await refused.text();
  await page.route(address, (route) => route.fulfill({ status: 400, contentType: 'text/html; charset=utf-8', body }));
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: 'This request was refused' })).toBeVisible();
  await accessible();
});
