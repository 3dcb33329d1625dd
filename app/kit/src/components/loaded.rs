use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ErrorView;
use crate::error::AppError;

/// What `view` makes of a server function's answer, or the page of its error. While the next answer is on its way the last one stays.
pub fn loaded<T, V>(
    resource: Resource<Result<T, AppError>>,
    view: impl Fn(T) -> V + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
    V: IntoView + 'static,
{
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match resource.await {
                    Ok(answer) => view(answer).into_any(),
                    Err(error) => view! { <ErrorView error=error/> }.into_any(),
                }
            })}
        </Transition>
    }
}
