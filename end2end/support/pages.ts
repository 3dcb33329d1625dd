/** Every page of Portico with the example bank, for what must hold on all of them. */
export const PAGES: { name: string; path: string; status?: number }[] = [
  { name: 'home', path: '/' },
  { name: 'catalog', path: '/catalog' },
  { name: 'catalog-filtered', path: '/catalog?kind=Component&lifecycle=production' },
  { name: 'catalog-empty', path: '/catalog?q=zzzz-no-such-thing' },
  { name: 'entity-overview', path: '/catalog/default/component/payment-initiation' },
  { name: 'entity-relations', path: '/catalog/default/component/payment-initiation?tab=relations' },
  { name: 'entity-descriptor', path: '/catalog/default/component/payment-initiation?tab=descriptor' },
  { name: 'entity-source', path: '/catalog/default/component/payment-initiation?tab=source' },
  { name: 'entity-api', path: '/catalog/default/api/payment-initiation-api' },
  { name: 'entity-group', path: '/catalog/default/group/instant-payments' },
  { name: 'entity-deprecated', path: '/catalog/default/component/branch-terminal-gateway' },
  { name: 'locations', path: '/locations' },
  { name: 'entity-unknown', path: '/catalog/default/component/no-such-service', status: 404 },
  { name: 'not-found', path: '/no/such/page', status: 404 },
];
