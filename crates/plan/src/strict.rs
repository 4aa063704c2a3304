//! `vrrp_strict`: what the RFCs do not leave open takes the value they demand. What is said of it
//! is said in `checks`.
use conf::config::{Global, Instance as Block};
use vrrp::{Auth, Params, Preempt};

/// Whether it is on for an instance.
pub(crate) fn is_on(global: &Global, block: &Block) -> bool {
    let global = global.vrrp_strict.is_some_and(|strict| strict.value);
    block.strict_mode.map_or(global, |strict| strict.value)
}

/// Resets what strict mode does not allow, where it is on.
pub(crate) fn reset(params: &mut Params, global: &Global, block: &Block) {
    if !is_on(global, block) {
        return;
    }
    params.start_master = params.priority.is_owner();
    params.auth = Auth::None;
    if matches!(params.preempt, Preempt::After(_)) {
        params.preempt = Preempt::Yes;
    }
    params.down_adverts = 3;
    params.garp.lower_prio_repeat = 0;
    params.garp.lower_prio_delay = core::time::Duration::ZERO;
    params.lower_prio_no_advert = true;
    params.higher_prio_send_advert = false;
    params.owner_ignore_adverts = true;
}

#[cfg(test)]
mod tests {
    use super::*;
    use conf::Spanned;
    use core::time::Duration;
    use wire::{Family, Priority, Vrid};

    fn written() -> Params {
        let mut params = Params::new("eth0", Vrid::new(1).unwrap(), Family::V4);
        params.auth = Auth::Pass(*b"1111\0\0\0\0");
        params.preempt = Preempt::After(Duration::from_secs(3));
        params.start_master = true;
        params.higher_prio_send_advert = true;
        params.down_adverts = 5;
        params
    }

    #[test]
    fn strict_mode_resets_what_the_rfcs_demand() {
        let on = Some(Spanned::new(true, conf::Span::default()));
        let block = Block {
            strict_mode: on,
            ..Block::default()
        };
        let mut params = written();
        reset(&mut params, &Global::default(), &block);
        let mut demanded = Params::new("eth0", Vrid::new(1).unwrap(), Family::V4);
        demanded.garp.lower_prio_repeat = 0;
        demanded.garp.lower_prio_delay = Duration::ZERO;
        demanded.lower_prio_no_advert = true;
        demanded.owner_ignore_adverts = true;
        assert_eq!(params, demanded);
        params.priority = Priority::OWNER;
        reset(&mut params, &Global::default(), &block);
        assert!(params.start_master, "an owner begins as master");
    }

    #[test]
    fn an_instance_may_opt_out() {
        let (on, off) = [true, false]
            .map(|value| Some(Spanned::new(value, conf::Span::default())))
            .into();
        let global = Global {
            vrrp_strict: on,
            ..Global::default()
        };
        let mut params = written();
        reset(
            &mut params,
            &global,
            &Block {
                strict_mode: off,
                ..Block::default()
            },
        );
        assert_eq!(params, written());
    }
}
