//! What is under way and who has asked how often, over changes of the configuration.

use serde_json::{Value, json};

use crate::gated::Site;

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn what_is_under_way_counts_by_the_next_configuration() {
    let site = Site::start(&[]).await;
    site.configure("[router.overload]\nmax_operations = 2\nwait_ms = 0\n").await;
    let held = [site.hold().await, site.hold().await];
    assert_eq!(code(&site.client.answer("{ now }", json!({})).await), "OVERLOADED");

    site.configure("[router]\nmax_depth = 3\n[router.overload]\nmax_operations = 2\nwait_ms = 0\n").await;
    assert_eq!(code(&site.client.answer("{ now }", json!({})).await), "OVERLOADED", "settings of others");
    site.configure("[router.overload]\nmax_operations = 3\nwait_ms = 0\n").await;
    assert_eq!(site.client.ask("{ now }", json!({})).await["now"], 7, "the third place");
    site.configure("[router.overload]\nmax_operations = 1\nwait_ms = 0\n").await;
    assert_eq!(code(&site.client.answer("{ now }", json!({})).await), "OVERLOADED");

    site.opened.add_permits(2);
    for held in held {
        assert_eq!(held.await.unwrap()["data"]["held"], 8);
    }
    assert_eq!(site.client.ask("{ now }", json!({})).await["now"], 7);
}

#[tokio::test]
async fn a_used_quota_is_not_given_back_by_a_change_of_settings() {
    let site = Site::start(&[]).await;
    let quota = |requests: u32, depth: u32| {
        format!(
            "[router]\nmax_depth = {depth}\n[router.rate_limits]\nenabled = true\n\
             addresses = [{{ requests = {requests}, seconds = 86400 }}]\n"
        )
    };
    site.configure(&quota(2, 9)).await;
    for _ in 0..2 {
        site.client.ask("{ now }", json!({})).await;
    }
    assert_eq!(code(&site.client.answer("{ now }", json!({})).await), "RATE_LIMITED");
    site.configure(&quota(2, 8)).await;
    assert_eq!(code(&site.client.answer("{ now }", json!({})).await), "RATE_LIMITED", "settings of others");
    site.configure(&quota(3, 8)).await;
    assert_eq!(code(&site.client.answer("{ now }", json!({})).await), "RATE_LIMITED", "empty is empty");
}
