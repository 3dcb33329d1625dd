import { expect, type APIRequestContext } from '@playwright/test';

/** What the tests need of an entity in Backstage's shape. */
export interface Entity {
  kind: string;
  metadata: { name: string; namespace: string };
}

/** All entities that the REST API lists for a filter such as `kind=api,spec.lifecycle=deprecated`, by name. */
export async function entities(request: APIRequestContext, filter = ''): Promise<Entity[]> {
  const all: Entity[] = [];
  let address: string | undefined = `/api/catalog/entities/by-query?limit=500&orderField=metadata.name,asc${filter && `&filter=${filter}`}`;
  while (address) {
    const answer = await request.get(address);
    expect(answer.status(), address).toBe(200);
    const { items, pageInfo } = (await answer.json()) as { items: Entity[]; pageInfo: { nextCursor?: string } };
    all.push(...items);
    address = pageInfo.nextCursor && `/api/catalog/entities/by-query?limit=500&cursor=${encodeURIComponent(pageInfo.nextCursor)}`;
  }
  return all;
}

/** The names as the catalog shows them. */
export const shownNames = (all: Entity[]): string[] =>
  all.map(({ metadata: { name, namespace } }) => (namespace === 'default' ? name : `${namespace}/${name}`));

/** Rows on a page of the catalog. */
export const PAGE = 50;
