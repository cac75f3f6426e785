//! Codes and tokens: lost answers, rotation, reuse.

use time::Duration;

use super::backends::{dump, each};
use super::world::*;
use crate::issuance::Thumbprint;
use crate::registry::*;

const CODE: &str = "pre-authorized_code";
const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";

#[test]
fn a_code_comes_again_until_its_access_token_is_used() {
    each("a_code_comes_again_until_its_access_token_is_used", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let first = world.tap("hong", &phone, NOW);
        let grant = registry.claim(&first, NOW).unwrap();
        let second = Claim { tokens: world.tokens(NOW), ..first.clone() };
        assert_eq!(registry.claim(&second, NOW).unwrap().id, grant.id);
        // The tokens before are void.
        assert_eq!(
            denied(registry.grant(&first.tokens.access, &phone.jkt, NOW)),
            Denied::Unknown { what: ACCESS }
        );
        let other = Thumbprint::new(world.fresh());
        for stranger in
            [Claim { jkt: other, ..second.clone() }, Claim { instance: other, ..second.clone() }]
        {
            assert_eq!(denied(registry.claim(&stranger, NOW)), Denied::OtherWallet { what: CODE });
        }
        assert_eq!(
            denied(registry.grant(&second.tokens.access, &other, NOW)),
            Denied::OtherWallet { what: ACCESS }
        );
        // A refused use is none.
        let third = Claim { tokens: world.tokens(NOW), ..first.clone() };
        registry.claim(&third, NOW).unwrap();
        assert_eq!(registry.grant(&third.tokens.access, &phone.jkt, NOW).unwrap().id, grant.id);
        let fourth = Claim { tokens: world.tokens(NOW), ..first };
        assert_eq!(denied(registry.claim(&fourth, NOW)), Denied::Used { what: CODE });
        // The use stands, and the token is good until its end.
        let end = third.tokens.access_expires;
        registry.grant(&third.tokens.access, &phone.jkt, end).unwrap();
        let over = end + Duration::microseconds(1);
        assert_eq!(
            denied(registry.grant(&third.tokens.access, &phone.jkt, over)),
            Denied::Unknown { what: ACCESS }
        );
        // A refresh token is no access token, and the other way round.
        assert_eq!(
            denied(registry.grant(&third.tokens.refresh, &phone.jkt, NOW)),
            Denied::Unknown { what: ACCESS }
        );
        let tokens = world.tokens(NOW);
        let access = &third.tokens.access;
        assert_eq!(
            denied(registry.refresh(access, &phone.jkt, &phone.instance, &tokens, NOW)),
            Denied::Unknown { what: REFRESH }
        );
    });
}

#[test]
fn a_code_that_is_late_is_not_known() {
    each("a_code_that_is_late_is_not_known", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let claim = world.tap("hong", &phone, NOW);
        let late = NOW + Duration::minutes(2) + Duration::microseconds(1);
        assert_eq!(denied(registry.claim(&claim, late)), Denied::Unknown { what: CODE });
        registry.claim(&claim, NOW + Duration::minutes(2)).unwrap();
        // The answer was lost: as long as the access token is good the code is, and no longer.
        let again = Claim { tokens: world.tokens(late), ..claim };
        registry.claim(&again, late).unwrap();
        let later = late + Duration::minutes(6);
        assert_eq!(denied(registry.claim(&again, later)), Denied::Used { what: CODE });
        let nobody = Claim { code: world.token(), ..again };
        assert_eq!(denied(registry.claim(&nobody, NOW)), Denied::Unknown { what: CODE });
    });
}

#[test]
fn a_refresh_token_that_comes_again_after_its_successor_revokes_all() {
    each("a_refresh_token_that_comes_again_after_its_successor_revokes_all", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let first = one.claimed.claim.tokens;
        let refresh = |token: &TokenHash| {
            let tokens = world.tokens(NOW);
            let grant = registry.refresh(token, &phone.jkt, &phone.instance, &tokens, NOW);
            grant.map(|_| tokens)
        };
        let other = Thumbprint::new(world.fresh());
        for (jkt, instance) in [(other, phone.instance), (phone.jkt, other)] {
            let tokens = world.tokens(NOW);
            assert_eq!(
                denied(registry.refresh(&first.refresh, &jkt, &instance, &tokens, NOW)),
                Denied::OtherWallet { what: REFRESH }
            );
        }
        let second = refresh(&first.refresh).unwrap();
        // The access token before is void; the answer was lost, and comes again.
        assert_eq!(
            denied(registry.grant(&first.access, &phone.jkt, NOW)),
            Denied::Unknown { what: ACCESS }
        );
        let third = refresh(&first.refresh).unwrap();
        assert_eq!(denied(refresh(&second.refresh)), Denied::Unknown { what: REFRESH });
        registry.grant(&third.access, &phone.jkt, NOW).unwrap();
        let fourth = refresh(&third.refresh).unwrap();
        // Two behind: somebody has stolen it.
        assert_eq!(denied(refresh(&first.refresh)), Denied::RefreshReused);
        for token in [&first.refresh, &third.refresh, &fourth.refresh] {
            assert_eq!(denied(refresh(token)), Denied::Unknown { what: REFRESH });
        }
        assert_eq!(
            denied(registry.grant(&fourth.access, &phone.jkt, NOW)),
            Denied::Unknown { what: ACCESS }
        );
        assert_eq!(denied(registry.reserve(&one.request, NOW)), Denied::Unknown { what: "grant" });
        assert_eq!(world.kinds("hong").last(), Some(&EventKind::RefreshReused));
        // What was issued stays good: the phone is still the person's.
        assert_eq!(world.state_of(&one.reservation.device), DeviceState::Active);
    });
}

#[test]
fn a_successor_that_was_used_makes_the_last_one_reuse() {
    each("a_successor_that_was_used_makes_the_last_one_reuse", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let first = one.claimed.claim.tokens;
        let tokens = world.tokens(NOW);
        registry.refresh(&first.refresh, &phone.jkt, &phone.instance, &tokens, NOW).unwrap();
        registry.grant(&tokens.access, &phone.jkt, NOW).unwrap();
        let again = world.tokens(NOW);
        assert_eq!(
            denied(registry.refresh(&first.refresh, &phone.jkt, &phone.instance, &again, NOW)),
            Denied::RefreshReused
        );
    });
}

#[test]
fn what_is_left_of_old_refresh_tokens_is_bounded() {
    each("what_is_left_of_old_refresh_tokens_is_bounded", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.enrol("hong", &phone, NOW);
        let mut all = vec![one.claimed.claim.tokens.refresh];
        let refresh = |token: &TokenHash| {
            let tokens = world.tokens(NOW);
            registry.refresh(token, &phone.jkt, &phone.instance, &tokens, NOW).map(|_| tokens)
        };
        for _ in 0..20 {
            all.push(refresh(all.last().unwrap()).unwrap().refresh);
        }
        let rows = dump(registry).iter().filter(|line| line.starts_with("tokens ")).count();
        assert_eq!(rows, 1 + 9, "an access token, the last refresh token and eight before it");
        // What is forgotten is refused, and revokes nothing.
        assert_eq!(denied(refresh(&all[0])), Denied::Unknown { what: REFRESH });
        all.push(refresh(&all[20]).unwrap().refresh);
        assert_eq!(denied(refresh(&all[14])), Denied::RefreshReused);
        assert_eq!(denied(refresh(&all[21])), Denied::Unknown { what: REFRESH });
    });
}

#[test]
fn nothing_is_kept_for_a_grant_that_was_revoked_meanwhile() {
    each("nothing_is_kept_for_a_grant_that_was_revoked_meanwhile", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let one = world.redeem(world.tap("hong", &phone, NOW), NOW);
        let request = world.request(&one.grant, &phone.keys, NOW);
        let reserved = registry.reserve(&request, NOW).unwrap();
        registry.write("revoking", |work| work.revoke_grant(&one.grant.id)).unwrap();
        let made: Vec<_> = reserved.credentials.iter().map(|c| (c.id, signed(c))).collect();
        let unknown = Denied::Unknown { what: "grant" };
        assert_eq!(denied(registry.keep(&made, &world.token(), NOW)), unknown);
    });
}

#[test]
fn a_transaction_mints_nothing_after_a_refresh() {
    each("a_transaction_mints_nothing_after_a_refresh", |world| {
        let registry = &world.registry;
        let phone = world.phone();
        let claimed = world.redeem(world.offer("hong", &phone, NOW).1, NOW);
        let request = world.request(&claimed.grant, &phone.keys, NOW);
        let (transaction, grant) = (world.token(), claimed.grant.id);
        world.defer(&transaction, &request, NOW);
        let mut refresh = claimed.claim.tokens.refresh;
        let mut next = || {
            let tokens = world.tokens(NOW);
            registry.refresh(&refresh, &phone.jkt, &phone.instance, &tokens, NOW).unwrap();
            refresh = tokens.refresh;
        };
        // It waits on, whatever tokens there are.
        next();
        let (waiting, ..) = registry.deferred(&transaction, &grant, NOW).unwrap();
        let reserved = registry.reserve(&waiting, NOW).unwrap();
        world.keep(&reserved, NOW);
        // The answer was lost.
        let (again, ..) = registry.deferred(&transaction, &grant, NOW).unwrap();
        assert_eq!(registry.reserve(&again, NOW).unwrap().event, reserved.event);
        next();
        let unknown = Denied::Unknown { what: "transaction_id" };
        assert_eq!(denied(registry.deferred(&transaction, &grant, NOW)), unknown);
    });
}
