//! `/api/scaffolder/v2/**`: runs for scripts, in Backstage's shapes.

mod actions;
mod dry_run;
mod options;
mod parameter_schema;
mod repositories;
mod tasks;

pub use options::PATH as OPTIONS;

use axum::Extension;
use kit::server::plugin::Routes;

use super::Templates;
use super::callbacks;

/// The routes.
pub fn routes(templates: Templates) -> Routes {
    let routes = Routes::new()
        .get(OPTIONS, options::get)
        .get("/api/scaffolder/v2/templates/{namespace}/{kind}/{name}/parameter-schema", parameter_schema::get)
        .get("/api/templates/repositories/{owner}/{name}", repositories::about)
        .get("/api/templates/repositories/{owner}/{name}/{*file}", repositories::file)
        .get("/api/scaffolder/v2/actions", actions::list)
        .post("/api/scaffolder/v2/dry-run", dry_run::create)
        .get("/api/scaffolder/v2/tasks", tasks::list)
        .post("/api/scaffolder/v2/tasks", tasks::create)
        .get("/api/scaffolder/v2/tasks/{id}", tasks::one)
        .post("/api/scaffolder/v2/tasks/{id}/cancel", tasks::cancel)
        .post("/api/scaffolder/v2/tasks/{id}/retry", tasks::retry)
        .post("/api/scaffolder/v2/tasks/{id}/start-over", tasks::start_over)
        .post("/api/scaffolder/v2/tasks/{id}/decide", tasks::decide)
        .get("/api/scaffolder/v2/tasks/{id}/events", tasks::events)
        .get("/api/scaffolder/v2/tasks/{id}/eventstream", tasks::stream)
        .get("/api/scaffolder/v2/tasks/{id}/log", tasks::download)
        .post("/api/scaffolder/v2/callbacks/{token}", tasks::called_back);
    debug_assert!(routes.listed.iter().any(|(_, path)| path.starts_with(callbacks::PATH)));
    let router = routes.router.layer(Extension(templates.tasks.clone())).layer(Extension(templates));
    Routes { router, ..routes }
}
