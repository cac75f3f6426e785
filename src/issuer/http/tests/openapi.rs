//! The document says what the table says.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::issuer::http::Route;

#[test]
fn the_document_has_every_route_with_its_method_body_and_errors() {
    let document: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            described.insert((method.to_uppercase(), path.clone()));
            let route = Route::ALL.into_iter().find(|r| r.path() == path);
            let route = route.unwrap_or_else(|| panic!("{path} is no route"));
            let content = operation["requestBody"]["content"].as_object();
            let types: BTreeSet<_> =
                content.into_iter().flatten().map(|(t, _)| t.as_str()).collect();
            assert_eq!(types, route.takes().iter().copied().collect(), "{path}");
            assert_eq!(operation["operationId"], route.name(), "{path}");
            let responses = operation["responses"].as_object().unwrap();
            let forms = route.offers();
            let of_200 = responses.get("200").map(|r| r["content"].as_object().unwrap());
            for form in forms {
                assert!(of_200.unwrap().contains_key(*form), "{path} {form}");
            }
            assert!(responses.keys().any(|k| k.starts_with('2')), "{path}");
            assert!(responses.contains_key("default"), "{path}");
        }
    }
    let table: BTreeSet<_> =
        Route::ALL.map(|r| (r.method().to_owned(), r.path().to_owned())).into();
    assert_eq!(described, table);
}
