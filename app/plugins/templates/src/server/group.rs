//! Writing down what many callers have to say in one transaction: whoever comes while one is being written goes into the next.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::{Semaphore, oneshot};

/// Writes several units in one transaction, or none of them.
#[async_trait]
pub trait Writer: Send + Sync + 'static {
    /// What is written.
    type Unit: Send + Sync + 'static;
    /// Why it was not.
    type Error: Send + 'static;

    /// Writes the units; the results are theirs, in order. An error means that nothing was written.
    async fn write(&self, units: &[Self::Unit]) -> Result<Vec<Result<(), Self::Error>>, Self::Error>;

    /// The error of a unit that nobody has written, as when the process stops.
    fn lost(&self) -> Self::Error;
}

/// Gathers units while others are being written.
pub struct Group<W: Writer> {
    inner: Arc<Inner<W>>,
}

struct Inner<W: Writer> {
    writer: W,
    most: usize,
    waiting: Mutex<Vec<Waiting<W>>>,
    turns: Semaphore,
}

struct Waiting<W: Writer> {
    unit: W::Unit,
    answer: oneshot::Sender<Result<(), W::Error>>,
}

impl<W: Writer> Group<W> {
    /// Writes at most `most` units in a transaction and has at most `turns` transactions at a time.
    pub fn new(writer: W, most: usize, turns: usize) -> Self {
        let inner = Inner { writer, most, waiting: Mutex::default(), turns: Semaphore::new(turns.max(1)) };
        Self { inner: Arc::new(inner) }
    }

    /// What does the writing.
    pub fn writer(&self) -> &W {
        &self.inner.writer
    }

    /// Comes back when the unit is written. It is written whether anybody waits for that or not.
    pub async fn write(&self, unit: W::Unit) -> Result<(), W::Error> {
        let (answer, answered) = oneshot::channel();
        self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { unit, answer });
        // A task of its own, so that whoever gives up waiting does not take the others' units along.
        tokio::spawn(self.inner.clone().turn());
        answered.await.unwrap_or_else(|_| Err(self.inner.writer.lost()))
    }
}

impl<W: Writer> Inner<W> {
    /// Writes what waits by now; there is nothing to do where an earlier turn took this one's unit along.
    async fn turn(self: Arc<Self>) {
        let Ok(_turn) = self.turns.acquire().await else { return };
        let (units, answers) = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let count = waiting.len().min(self.most);
            waiting.drain(..count).map(|each| (each.unit, each.answer)).unzip::<_, _, Vec<_>, Vec<_>>()
        };
        if units.is_empty() {
            return;
        }
        match self.writer.write(&units).await {
            Ok(results) => {
                for (answer, result) in answers.into_iter().zip(results) {
                    let _ = answer.send(result);
                }
            }
            Err(error) if units.len() == 1 => {
                for answer in answers {
                    let _ = answer.send(Err(error));
                    break;
                }
            }
            // One of them is to blame, and the others must not pay for it.
            Err(_) => {
                for (unit, answer) in units.into_iter().zip(answers) {
                    let result = self.writer.write(&[unit]).await;
                    let _ = answer
                        .send(result.and_then(|mut results| results.pop().unwrap_or_else(|| Err(self.writer.lost()))));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Default)]
    struct Slow {
        written: Mutex<Vec<Vec<u32>>>,
    }

    #[async_trait]
    impl Writer for Slow {
        type Unit = u32;
        type Error = String;

        async fn write(&self, units: &[u32]) -> Result<Vec<Result<(), String>>, String> {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if units.contains(&13) {
                return Err("unlucky".into());
            }
            self.written.lock().expect("lock").push(units.to_vec());
            Ok(units.iter().map(|unit| if *unit == 7 { Err("refused".into()) } else { Ok(()) }).collect())
        }

        fn lost(&self) -> String {
            "lost".into()
        }
    }

    #[tokio::test]
    async fn what_comes_meanwhile_is_written_together_and_one_to_blame_fails_alone() {
        let group = Arc::new(Group::new(Slow::default(), 10, 1));
        let units: Vec<u32> = (0..25).collect();
        let results = futures::future::join_all(units.iter().map(|unit| {
            let group = group.clone();
            async move { group.write(*unit).await }
        }))
        .await;
        for (unit, result) in units.iter().zip(&results) {
            let expected = match unit {
                13 => Err("unlucky".to_owned()),
                7 => Err("refused".to_owned()),
                _ => Ok(()),
            };
            assert_eq!(result, &expected, "{unit}");
        }
        let written = group.writer().written.lock().expect("lock");
        assert_eq!(written.iter().map(Vec::len).sum::<usize>(), 24);
        assert!(written.iter().any(|batch| batch.len() > 5) && written.iter().all(|batch| batch.len() <= 10));
    }
}
