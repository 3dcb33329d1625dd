/** Every page of Portico with the example bank and the faulty location, for what must hold on all of them. */
export interface PageCase {
  name: string;
  path: string;
  /** The end of the heading, which is the title of the window as well. */
  heading: string;
  status?: number;
}

const service = '/catalog/default/component/payment-initiation';
export const API = '/catalog/default/api/payment-initiation-api';
export const ORPHAN = '/catalog/regulatory/component/paper-statements';
export const WARNED = '/catalog/regulatory/component/ledger-export';
/** Its folder in the example bank holds docs. */
export const DOCUMENTED = '/catalog/default/component/card-authoriser';
/** The faulty location is registered first. */
export const FAULTY = '/locations/1';

export const TEMPLATE = '/create/templates/default/payment-service';
const site = '/create/templates/default/public-website';
const tried = 'template=template:default/shared-library&values=name: money-types';

/** A contribution of the example bank with pages of its own. */
export const LIMITS = '/contribute/contributions/44a63a27-290c-5063-9f5d-fc16c14923cf';

export const PAGES: PageCase[] = [
  { name: 'home', path: '/', heading: '' },
  { name: 'catalog', path: '/catalog', heading: 'Catalog' },
  { name: 'catalog-filtered', path: '/catalog?q=pay&kind=component&lifecycle=production', heading: 'Catalog' },
  { name: 'catalog-orphans', path: '/catalog?orphan=true', heading: 'Catalog' },
  { name: 'catalog-empty', path: '/catalog?q=zzzz-no-such-thing', heading: 'Catalog' },
  { name: 'entity-overview', path: service, heading: 'payment-initiation' },
  { name: 'entity-relations', path: `${service}?tab=relations`, heading: 'payment-initiation' },
  { name: 'entity-descriptor', path: `${service}?tab=descriptor`, heading: 'payment-initiation' },
  { name: 'entity-docs', path: `${DOCUMENTED}/docs`, heading: DOCUMENTED.split('/').at(-1)! },
  { name: 'entity-docs-none', path: '/catalog/default/component/branch-terminal-gateway/docs', heading: 'branch-terminal-gateway' },
  { name: 'entity-definition', path: `${API}?tab=definition&show=op-post-payments`, heading: 'payment-initiation-api' },
  { name: 'entity-definition-source', path: `${API}?tab=definition&show=source`, heading: 'payment-initiation-api' },
  { name: 'entity-origin', path: `${service}?tab=origin`, heading: 'payment-initiation' },
  { name: 'entity-group', path: '/catalog/default/group/instant-payments', heading: 'Instant Payments' },
  { name: 'entity-unowned', path: '/catalog/default/component/branch-terminal-gateway', heading: 'branch-terminal-gateway' },
  { name: 'entity-orphan', path: ORPHAN, heading: 'regulatory/paper-statements' },
  { name: 'entity-warned', path: `${WARNED}?tab=descriptor`, heading: 'regulatory/ledger-export' },
  { name: 'create', path: '/create', heading: 'Create' },
  { name: 'create-filtered', path: '/create?type=library&tag=rust', heading: 'Create' },
  { name: 'create-none', path: '/create?q=zzzz-no-such-thing', heading: 'Create' },
  { name: 'create-starred', path: '/create?show=starred', heading: 'Create' },
  { name: 'template', path: TEMPLATE, heading: 'Payment service in Rust' },
  { name: 'template-form', path: `${site}/form?page=1`, heading: 'Public website' },
  { name: 'template-form-refused', path: `${site}/form?page=1&tried=1`, heading: 'Public website' },
  { name: 'template-review', path: `${site}/form?page=review`, heading: 'Public website' },
  { name: 'template-versions', path: `${TEMPLATE}/versions`, heading: 'Payment service in Rust' },
  { name: 'template-version', path: `${TEMPLATE}/versions/1.3.0`, heading: 'Payment service in Rust 1.3.0' },
  { name: 'template-unknown', path: '/create/templates/default/no-such-template', heading: 'Not found', status: 404 },
  { name: 'create-try', path: '/create/try', heading: 'Try a template' },
  { name: 'create-tried', path: `/create/try?${tried}`, heading: 'Try a template' },
  { name: 'create-actions', path: '/create/actions', heading: 'Actions' },
  { name: 'create-actions-none', path: '/create/actions?q=zzzz-no-such-thing', heading: 'Actions' },
  { name: 'create-runs', path: '/create/runs', heading: 'Runs' },
  { name: 'create-runs-all', path: '/create/runs?scope=all', heading: 'Runs' },
  { name: 'create-runs-none', path: '/create/runs?scope=all&who=nobody-at-all', heading: 'Runs' },
  { name: 'search', path: '/search?q=payment', heading: 'Search' },
  { name: 'inbox', path: '/inbox', heading: 'Inbox' },
  { name: 'inbox-settings', path: '/inbox/settings', heading: 'Mail settings' },
  { name: 'starred', path: '/starred', heading: 'Starred' },
  { name: 'audit', path: '/audit?action=catalog.*', heading: 'Audit' },
  { name: 'access', path: '/access?action=catalog.entity.delete&thing=component:default/payment-initiation', heading: 'Access' },
  { name: 'locations', path: '/locations', heading: 'Locations' },
  { name: 'location-faulty', path: FAULTY, heading: 'regulatory-reporting' },
  { name: 'location-unregister', path: `${FAULTY}/unregister`, heading: 'Unregister this location' },
  { name: 'register', path: '/locations/register', heading: 'Register software' },
  { name: 'contribute', path: '/contribute', heading: 'Contribute' },
  { name: 'contribute-empty', path: '/contribute?kind=documentation&q=zzzz-no-such-thing', heading: 'Contribute' },
  { name: 'contributions', path: '/contribute/contributions', heading: 'Contributions' },
  { name: 'contributions-none', path: '/contribute/contributions?state=appealed', heading: 'Contributions' },
  { name: 'contribute-pitch', path: '/contribute/pitch', heading: 'Pitch an idea' },
  { name: 'contribute-queue', path: '/contribute/queue', heading: 'My team’s queue' },
  { name: 'contribute-standards', path: '/contribute/standards', heading: 'Standards and gates' },
  { name: 'contribute-gate', path: `${LIMITS}/gate`, heading: 'UX validation' },
  { name: 'contribute-workbench', path: `${LIMITS}/workbench?beside=before&width=768`, heading: 'Workbench' },
  { name: 'contribution-unknown', path: '/contribute/contributions/00000000-0000-4000-8000-000000000000', heading: 'Not found', status: 404 },
  { name: 'golden-paths', path: '/golden-paths', heading: 'Golden paths' },
  { name: 'golden-paths-empty', path: '/golden-paths?q=zzzz-no-such-thing', heading: 'Golden paths' },
  { name: 'golden-path', path: '/golden-paths/paths/default/payment-service-to-production', heading: 'Take a payment service to production' },
  { name: 'golden-path-versions', path: '/golden-paths/paths/default/payment-service-to-production/versions', heading: 'Take a payment service to production' },
  { name: 'golden-path-version', path: '/golden-paths/paths/default/retire-a-service/versions/1.0.0', heading: 'Retire a service 1.0.0' },
  { name: 'golden-journeys', path: '/golden-paths/journeys', heading: 'Journeys' },
  { name: 'golden-journeys-none', path: '/golden-paths/journeys?state=blocked&scope=all', heading: 'Journeys' },
  { name: 'golden-queue', path: '/golden-paths/queue', heading: 'My team’s queue' },
  { name: 'golden-path-unknown', path: '/golden-paths/paths/default/no-such-path', heading: 'Not found', status: 404 },
  { name: 'golden-journey-unknown', path: '/golden-paths/journeys/00000000-0000-4000-8000-000000000000', heading: 'Not found', status: 404 },
  { name: 'entity-unknown', path: '/catalog/default/component/no-such-service', heading: 'Not found', status: 404 },
  { name: 'location-unknown', path: '/locations/999999', heading: 'Not found', status: 404 },
  { name: 'not-found', path: '/no/such/page', heading: 'Not found', status: 404 },
];
