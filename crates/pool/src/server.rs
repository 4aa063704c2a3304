//! One real server.
use crate::check::Check;
use crate::{CheckId, ServerParams, WEIGHT_MAX};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) weight: u32,
    pub(crate) inhibit_on_failure: bool,
    pub(crate) checks: BTreeMap<CheckId, Check>,
    /// As last acted upon.
    pub(crate) alive: bool,
    /// Effective weight as last acted upon.
    pub(crate) effective: u32,
}

impl Server {
    pub(crate) fn new(params: &ServerParams, checks: BTreeMap<CheckId, Check>) -> Server {
        let mut server = Server {
            weight: params.weight,
            inhibit_on_failure: params.inhibit_on_failure,
            checks,
            alive: true,
            effective: params.weight,
        };
        server.alive = server.is_alive();
        server.effective = server.effective_weight();
        server
    }

    /// No check has failed.
    pub(crate) fn is_alive(&self) -> bool {
        self.checks.values().all(|check| check.up)
    }

    /// The configured weight and what its checks add, within bounds.
    pub(crate) fn effective_weight(&self) -> u32 {
        let sum = self
            .checks
            .values()
            .filter(|check| check.up)
            .fold(i64::from(self.weight), |sum, check| {
                sum.saturating_add(check.weight)
            });
        u32::try_from(sum.clamp(0, i64::from(WEIGHT_MAX))).unwrap_or(0)
    }
}
