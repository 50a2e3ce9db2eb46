"""What of the real service's behaviour is there, how well, and which test shows it.

``docs/coverage.md`` is made of this table: ``python -m tests.coverage_table``. A test compares the
two, and looks whether every test that is named here exists.

real: as the service does it. simplified: done, with a difference that the note names. refused: not
done, and said so in the service's error. absent: not there at all.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests import whole_coverage
from tests.replay.gate import KNOWN, read_known

CLASSES = ("real", "simplified", "refused", "absent")
DOCUMENT = Path(__file__).parents[1] / "docs" / "coverage.md"


class Row(NamedTuple):
    """One behaviour. ``test``: the file below ``tests/``, and the function."""

    behaviour: str
    grade: str
    test: str
    note: str = ""


# fmt: off
SECTIONS: dict[str, list[Row]] = {
    "Errors": [
        Row("envelope with `code`, `message`, `innerError`, ids and date", "real", "graph/test_list.py::test_error_names_the_option_and_the_position"),
        Row("`innerError.date` is UTC, whole seconds, by the tenant's clock", "real", "control/test_clock.py::test_a_frozen_clock_stands_still_and_dates_errors"),
        Row("many problems in one answer, in `details` with their `target`", "real", "graph/test_create.py::test_three_faults_are_answered_at_once"),
        Row("errors are `application/json` with the headers of successes", "real", "graph/test_create.py::test_other_content_types_are_refused"),
        Row("400 for expressions, in the words of the service's OData library", "real", "odata/test_parse_errors.py::test_each_fault_has_the_services_own_sentence", "a hint follows the service's words"),
        Row("400 for `$select`, `$orderby`, `$expand`, `$top`, `$skiptoken`", "real", "graph/test_list.py::test_what_is_not_understood_is_refused", "a hint follows the service's words"),
        Row("400 for bodies: unknown property, wrong literal, unknown member, null, unreadable", "real", "graph/test_create.py::test_wrong_value_is_refused_with_what_would_be_right"),
        Row("400 for a body that is not JSON, with its place", "real", "graph/test_create.py::test_malformed_body_is_refused"),
        Row("errors in the words of each workload: `Request_BadRequest`, `itemNotFound`, `ErrorItemNotFound`", "simplified", "graph/whole/test_things.py::test_a_unique_value_is_taken_once", "where a workload has declared its own; others say it in general words"),
        Row("400 `ExpandNotSupported`", "real", "graph/test_list.py::test_expand_of_a_property_is_not_supported"),
        Row("401 `InvalidAuthenticationToken` and `WWW-Authenticate`, no token", "real", "graph/test_headers.py::test_bearer_mode_asks_for_a_token"),
        Row("401 for bad, expired, foreign, wrongly signed tokens", "real", "identity/test_strict.py::test_a_token_that_was_not_signed_here_is_refused", "with `--auth strict`"),
        Row("403 `Authentication_MSGraphPermissionMissing`", "real", "identity/test_strict.py::test_a_missing_permission_is_said", "with `--auth strict`"),
        Row("403 `Authorization_RequestDenied`", "real", "workloads/test_directory_standing.py::test_what_matters_of_administrators_needs_a_role_that_is_above_theirs", "with `--auth strict`: permissions, and of the directory roles and owners"),
        Row("403 `Authentication_RequestFromUnsupportedUserRole`", "real", "workloads/test_directory_standing.py::test_the_logs_are_for_certain_roles", "with `--auth strict`, of the logs"),
        Row("404 `ResourceNotFound` for a key of the reports", "real", "graph/test_entity.py::test_key_that_is_not_there_is_404"),
        Row("400 for a path that is not in the model", "real", "graph/test_entity.py::test_paths_outside_the_model_are_400"),
        Row("paths that the service has and fakegraph has not", "refused", "graph/test_entity.py::test_what_graph_has_and_this_server_not_is_told_so", "501 by name, with `x-fakegraph: not-served`; 405 for a method that it has not there"),
        Row("405", "simplified", "graph/test_entity.py::test_other_verbs_are_405", "with `Allow`, which the service does not send"),
        Row("406 for an `Accept` that cannot be met", "real", "graph/test_headers.py::test_accept_that_cannot_be_met_is_406"),
        Row("409 for a taken id", "real", "graph/test_create.py::test_taken_id_is_a_conflict"),
        Row("412 for preconditions", "real", "workloads/test_planner.py::test_a_write_names_the_version_that_it_is_about", "of types that have ETags; of the reports any but `If-Match: *` fails"),
        Row("413 over the body limit", "real", "graph/test_create.py::test_body_over_the_limit_is_refused"),
        Row("400, not 415, for other media types, for none, and for a body that is missing", "real", "graph/test_create.py::test_other_content_types_are_refused"),
        Row("415 for other encodings than gzip", "real", "graph/test_create.py::test_other_encodings_than_gzip_are_refused"),
        Row("206 and 416 for `Range`", "simplified", "workloads/test_files.py::test_a_part_that_is_not_there", "of contents of files; no other resource has ranges"),
        Row("429 with its inner error and `Retry-After`", "real", "control/test_faults.py::test_throttled_has_the_documented_shape"),
        Row("500, 503, 504, 423, 409 on demand", "simplified", "control/test_faults.py::test_a_status_alone_answers_as_the_service_does", "only as faults; 503 also for a write that could not be kept"),
        Row("504 for a query that takes too long", "simplified", "odata/test_budget.py::test_the_service_gives_up_on_long_searches", "work is counted, not timed; the service's message is empty"),
        Row("411, 422, 501, 507, 509", "simplified", "control/test_faults.py::test_a_status_alone_answers_as_the_service_does", "only as faults"),
    ],
    "Response headers": [
        Row("`Content-Type` with its OData parameters", "real", "graph/test_headers.py::test_success_has_the_service_headers"),
        Row("`request-id`, and `client-request-id` that echoes the caller's", "real", "graph/test_headers.py::test_client_request_id_is_echoed"),
        Row("a `client-request-id` that is no GUID is replaced", "real", "graph/test_headers.py::test_a_client_request_id_that_is_no_guid_is_replaced"),
        Row("`OData-Version: 4.0`", "real", "graph/test_headers.py::test_success_has_the_service_headers"),
        Row("`x-ms-ags-diagnostic`", "simplified", "graph/test_headers.py::test_success_has_the_service_headers", "it says that this is fakegraph"),
        Row("`Strict-Transport-Security` over https", "real", "graph/test_headers.py::test_https_has_transport_security"),
        Row("`Cache-Control: no-cache`", "real", "graph/test_headers.py::test_success_has_the_service_headers"),
        Row("`Vary` and gzip on request", "real", "graph/test_negotiation.py::test_large_answers_are_compressed_for_those_who_take_it", "from 1 KiB"),
        Row("`Location` of what was created", "real", "graph/test_create.py::test_created_entity_is_where_location_says"),
        Row("`Location` of directory objects, in the directory's own form", "real", "workloads/test_directory_values.py::test_what_was_made_is_at_a_url_of_the_directory_itself"),
        Row("what is documented and not in the published model", "simplified", "workloads/test_directory_departures.py::test_what_somebody_owned_is_listed_when_it_is_deleted", "`extensionAttributes`, `creationOptions`, `joinUrl`, `refreshTokensValidFromDateTime`, `getUserOwnedObjects`"),
        Row("`Preference-Applied`", "real", "graph/test_create.py::test_later_member_is_taken_with_the_preference"),
        Row("`Deprecation`, `Sunset`, `Link` on deprecated members", "simplified", "graph/test_functions.py::test_deprecated_members_announce_it", "the link leads to the documentation page"),
        Row("`x-ms-resource-unit`, `x-ms-throttle-*` of the directory", "simplified", "control/test_throttle.py::test_answers_of_the_directory_say_what_a_request_weighs", "they say what a request weighs, and the budget counts requests"),
        Row("`RateLimit-*` from 0.8 of the budget", "real", "control/test_throttle.py::test_a_client_within_its_budget_is_let_through"),
        Row("CORS headers for browsers", "real", "graph/test_negotiation.py::test_pages_of_other_origins_may_call"),
    ],
    "Paths": [
        Row("all of `beta`", "simplified", "graph/whole/test_versions.py::test_whole_things_show_what_their_version_has", "its model is read off an SDK: docs/reference/beta.md says what is not known"),
        Row("`beta` and `v1.0`; other versions are refused", "real", "graph/test_entity.py::test_paths_outside_the_model_are_400"),
        Row("a path without a version", "simplified", "graph/test_none_ignored.py::test_unknown_paths_are_refused", "means `beta`, for the documentation writes paths so; the service has no such paths"),
        Row("two slashes after the version, `myorganization`", "real", "graph/test_entity.py::test_what_clients_put_before_the_path_changes_nothing"),
        Row("segments in any case", "real", "edm/test_schema.py::test_model_finds_sets_and_types_in_any_case"),
        Row("keys as a segment, in parentheses, and as `id='KEY'`", "real", "graph/test_entity.py::test_both_key_syntaxes_find_it"),
        Row("functions with and without parentheses and namespace, in any case", "real", "graph/test_functions.py::test_every_way_to_write_a_call"),
        Row("parameter aliases", "real", "graph/test_functions.py::test_every_way_to_write_a_call"),
        Row("casts to the type itself", "real", "graph/test_entity.py::test_both_key_syntaxes_find_it"),
        Row("links: `$ref` read, added, set and removed, once", "real", "graph/whole/test_refs.py::test_an_added_link_is_listed"),
        Row("properties and their `$value`", "real", "graph/whole/test_properties.py::test_a_property_is_read_by_itself"),
        Row("what lies behind a property that leads to things", "refused", "graph/whole/test_things.py::test_operations_are_refused_by_name", "501 by name"),
        Row("what is not built, as a test says it", "real", "control/test_stubs.py::test_an_operation_is_answered_as_a_test_says", "stubs, checked by the model"),
        Row("pages of OneNote: HTML in and out, with files, changed by commands", "simplified", "workloads/test_onenote.py::test_commands_change_a_page", "elements that OneNote does not keep are taken out; text is kept as it is; no `preAuthenticated`, no `data-render-src`"),
        Row("copies of notebooks, sections and pages", "real", "workloads/test_onenote.py::test_a_notebook_is_copied_with_all_that_is_in_it", "to users and groups; to sites is a 501"),
        Row("communities", "simplified", "workloads/test_administration.py::test_a_community_is_a_group_that_an_operation_tells_of", "the operation that makes one is done at once"),
        Row("telephone numbers of Teams: assigned, updated, taken back", "simplified", "workloads/test_administration.py::test_a_telephone_number_is_assigned_by_an_operation_and_taken_back", "of the numbers that a seed says"),
        Row("logs of calls to telephones", "simplified", "workloads/test_teams_things.py::test_calls_are_found_between_two_days", "they have what seeds of `communications` say"),
        Row("calls: answered, muted, recorded, transferred", "simplified", "workloads/test_effects.py::test_an_app_mutes_itself_and_others", "no media flow and nobody else takes part: what is asked for has happened at once"),
        Row("classes are groups of the same id, with their members and owners", "simplified", "workloads/test_others.py::test_a_class_is_a_group_with_the_same_id", "of users who have the ids of education's; a group that is restored has no class any more"),
        Row("apps of Teams that wait for a review", "real", "workloads/test_teams_things.py::test_an_app_that_is_to_be_reviewed_waits_until_it_is_published"),
        Row("insights of lifecycle workflows", "simplified", "workloads/test_administration.py::test_what_came_of_all_workflows_is_counted", "a task counts once for each user"),
        Row("what users did in simulated attacks", "real", "workloads/test_administration.py::test_what_users_did_in_simulated_attacks_is_told_over_all_of_them"),
        Row("usage reports about teams", "simplified", "workloads/test_usage.py::test_teams_are_reported_by_what_is_said_in_their_channels", "no meeting is of a channel, and nobody is from elsewhere"),
        Row("jobs of printers, and printers that are registered", "simplified", "workloads/test_effects.py::test_a_job_goes_from_state_to_state", "no certificate is made for a printer"),
        Row("ids of identity providers, user flows and their attributes; secrets that are not shown", "real", "workloads/test_identity_providers.py::test_a_provider_has_the_id_of_its_type_and_tells_no_secret"),
        Row("what pages of catalogs, workflows, cases, containers, connections, webinars, site lists and learning providers want, and what they let nobody set", "real", "workloads/test_pages_of_things.py::test_a_body_has_what_its_page_wants_and_no_less"),
        Row("relationships with partners: locked, approved, assigned to groups, ended", "simplified", "workloads/test_partners.py::test_a_relationship_is_locked_approved_assigned_and_ended", "partner and customer are the same tenant, and what goes on is done at once"),
        Row("restore points, found by their units and times", "real", "workloads/test_protection.py::test_points_are_found_by_their_units_and_times", "a search for what is in a backup is a 501"),
        Row("contents that are processed by policies of data (Purview)", "simplified", "workloads/test_protection.py::test_no_policy_holds_up_what_is_processed_and_that_is_noted", "there are no policies: nothing is held up, and what was processed is noted"),
        Row("previews of lifecycle workflows, and tasks that extensions resume", "simplified", "workloads/test_administration.py::test_a_preview_of_a_workflow_has_results_and_is_no_run", "a preview finds that all would succeed"),
        Row("versions and times of policies of Intune: the next version with each change, and times that bodies send are not taken", "real", "workloads/test_effects.py::test_a_policy_of_devices_has_a_next_version_with_each_change"),
        Row("schemas of external connections: 202 and an operation, and the connection is ready", "simplified", "workloads/test_pages_of_things.py::test_a_connection_is_ready_once_its_schema_is_registered", "the operation is done at once"),
        Row("defaults of reviews, catalogs, workflows, assignments and shares of printers", "real", "workloads/test_governance.py::test_what_nobody_says_is_as_the_pages_show_it"),
        Row("the defaults of a printer, as they were at first", "simplified", "workloads/test_others.py::test_a_printer_goes_back_to_the_defaults_that_it_had_at_first", "they are those from before the first change"),
        Row("documents to print, uploaded in ranges", "simplified", "workloads/test_others.py::test_a_document_is_uploaded_in_ranges_before_its_job_starts", "ranges come in order; a printer's capabilities do not matter"),
        Row("alerts and secure scores, changed by their vendors' names", "real", "workloads/test_governance.py::test_what_an_analyst_says_of_a_control_is_one_more_update"),
        Row("policies of roles, and their rules", "simplified", "workloads/test_directory_requests.py::test_the_policy_of_a_role_says_for_how_long_it_is_activated", "the longest time to activate a role holds; of the other rules, and of policies of groups, nothing comes"),
        Row("requests to be in groups (Privileged Identity Management): eligible, activated, assigned, removed", "simplified", "workloads/test_directory_requests.py::test_who_is_eligible_for_a_group_activates_it", "nobody has to approve, and nothing ends by itself"),
        Row("reviews of access: decisions, and what comes of them", "real", "workloads/test_effects.py::test_who_is_denied_is_no_member_once_decisions_are_applied"),
        Row("reports of Intune", "simplified", "workloads/test_effects.py::test_devices_that_do_not_comply_are_told", "of devices and of what policies say of them; rows are not grouped, and conditions are equalities"),
        Row("notifications in the feeds of Teams", "real", "workloads/test_teams_presence.py::test_an_app_notifies_those_for_whom_it_is_installed", "held to the catalog once it names an application"),
        Row("cases of eDiscovery", "simplified", "workloads/test_cases.py::test_what_is_asked_is_an_operation_of_the_case", "operations with their states; nothing is searched or exported"),
        Row("bundles of personal drives", "real", "workloads/test_files_refused.py::test_a_bundle_gathers_what_lies_elsewhere", "but for `children` in the body that makes one, which is refused"),
        Row("retention labels of files", "simplified", "workloads/test_administration.py::test_a_file_keeps_a_label_of_retention", "any name is one; what it keeps from being deleted or changed is not kept"),
        Row("sensitivity labels of files", "simplified", "workloads/test_administration.py::test_a_file_has_the_label_that_it_was_given", "any id is one; nothing is encrypted"),
        Row("members of dynamic administrative units", "real", "workloads/test_directory_units.py::test_a_dynamic_unit_has_whom_its_rule_matches_until_it_is_paused"),
        Row("temporary access passes", "simplified", "workloads/test_directory_actions.py::test_a_pass_is_shown_once_and_alone", "usable while their policy is enabled, whomever its targets are; nobody signs in with one"),
        Row("access packages: requests, approvals, and what comes of them", "simplified", "workloads/test_access_packages.py::test_who_is_assigned_a_package_is_in_its_groups_until_it_is_removed", "in v1.0; roles in groups are given, those in applications and sites are not; everybody may request and approve; what has a time to end does not end by itself"),
        Row("availability of Bookings' staff", "real", "workloads/test_administration.py::test_staff_is_booked_open_or_out"),
        Row("lifecycle workflows that are run", "simplified", "workloads/test_administration.py::test_a_workflow_is_run_for_some", "their tasks do nothing, and have succeeded"),
        Row("search: aggregations, templates, sources", "simplified", "workloads/test_search.py::test_what_was_found_is_counted_by_values_and_left_by_their_tokens", "of files by kind, size, dates, author and class; of external items by any property"),
        Row("activities of files, list items and sites by interval", "simplified", "workloads/test_files_activities.py::test_a_file_tells_when_it_was_made_and_edited", "made and edited; what is read, moved or deleted is not counted"),
        Row("formats of ranges in workbooks, and protected worksheets", "real", "workloads/test_workbook_formats.py::test_fonts_and_fills_are_in_the_file"),
        Row("functions of workbooks", "simplified", "workloads/test_workbook_functions.py::test_functions_give_what_excels_pages_say", "319 of 366, in English; those of coupons, and distributions that want a numerical library, are 501; hidden rows count"),
        Row("comments of workbooks, and their replies", "simplified", "workloads/test_workbook_parts.py::test_a_reply_is_in_the_file_and_what_was_said_stays", "of a reply the file says the person of its comment; comments are not made, as no page says at which cell"),
        Row("pivot tables of workbooks", "simplified", "workloads/test_workbook_parts.py::test_a_pivot_table_is_fresh_until_its_source_is_another", "told, and refreshed where that changes nothing; else 501"),
        Row("charts of workbooks", "simplified", "workloads/test_workbook_charts.py::test_a_chart_is_in_the_file_and_says_where_it_is", "columns, bars, lines, areas, pies, doughnuts, radars; with axes, labels, formats, names and points; their pictures are simple ones of their values"),
        Row("columns, titles and content types that SharePoint refuses", "real", "workloads/test_lists.py::test_no_column_is_as_no_column_can_be"),
        Row("insights: used, shared, trending", "simplified", "workloads/test_insights.py::test_what_somebody_changed_last_was_used", "of files: who changed them last, whom they are shared with, and what others change in libraries of one's groups; mail tells nothing"),
        Row("usage reports: CSV at a URL that needs no token", "simplified", "workloads/test_usage.py::test_a_report_is_a_file_at_a_url_that_needs_no_token", "of mail, meetings, files, Teams and groups as they are stored, two days late; what nothing stored tells of (devices, apps, Skype, Yammer) is none or nothing"),
        Row("usage reports as JSON", "real", "workloads/test_usage.py::test_reports_are_json_where_that_is_documented", "in beta, and those of Microsoft 365 Apps"),
        Row("what roles of Intune allow who asks", "simplified", "workloads/test_directory_standing.py::test_roles_of_intune_allow_their_members_what_they_say", "scope tags are not heeded"),
        Row("what things of Intune have no value of", "real", "workloads/test_effects.py::test_all_is_shown_of_a_device_and_what_is_never_null_is_something"),
        Row("contents of apps of Intune", "simplified", "workloads/test_effects.py::test_the_bytes_of_an_app_come_in_blocks_and_are_committed", "blocks are counted, and not kept: nobody gets them back; what they were encrypted by is not looked at"),
        Row("export jobs of Intune", "refused", "workloads/test_effects.py::test_a_report_that_nobody_exports_fails_at_once", "they are `failed`, until a test says otherwise"),
        Row("who is assigned what beta alone has of Intune", "real", "workloads/test_effects.py::test_what_beta_alone_has_of_intune_is_assigned"),
        Row("categories of devices, and whether an app is published (Intune)", "real", "workloads/test_effects.py::test_a_device_is_of_a_category"),
        Row("what is done to devices from afar (Intune)", "simplified", "workloads/test_effects.py::test_what_is_asked_of_a_device_is_noted_on_it", "it is noted on the device as `pending`, and stays so: no device comes by"),
        Row("actions and bound functions", "real", "graph/whole/test_operations.py::test_a_function_takes_its_arguments_in_every_form", "those that a workload has written; the others are 501 by name, until a test says what they answer"),
        Row("things made, read, queried, changed and deleted, of every type that can be made", "real", "sweep/test_things.py::test_a_thing_lives_from_its_post_to_its_delete"),
        Row("what is wrong is refused, and nothing is stored, wherever things are made", "real", "sweep/test_refused.py::test_what_is_wrong_is_refused_and_nothing_is_stored"),
        Row("every permitted path and method answers", "real", "sweep/test_permitted.py::test_every_permitted_path_and_method_answers"),
    ],
    "Query options": [
        Row("names in any case, with and without the `$`", "real", "graph/test_list.py::test_options_do_what_they_say"),
        Row("unknown options and ones given twice are refused", "real", "graph/test_none_ignored.py::test_unknown_options_and_values_are_refused", "the service ignores some; fakegraph never does"),
        Row("`$filter`: the expressions of OData 4.01", "real", "odata/test_evaluate.py::test_true_of_the_record", "where the service's workload takes less, see `--strict-queries`"),
        Row("white space of all kinds between tokens and at the ends", "real", "graph/test_list.py::test_white_space_is_skipped_as_by_the_service"),
        Row("`$filter`: operators in any case, `NOT`", "real", "graph/test_list.py::test_options_do_what_they_say"),
        Row("`$filter`: typed and bare enum literals", "real", "graph/test_list.py::test_options_do_what_they_say"),
        Row("`$filter`: dates without quotes, compared as instants of 100 ns", "real", "edm/test_values.py::test_instants_compare_to_the_last_digit"),
        Row("`$filter`: text of some properties without regard to case", "real", "graph/test_list.py::test_options_do_what_they_say"),
        Row("`$root`, geography, annotations and keys in expressions", "refused", "odata/test_evaluate.py::test_refused_with_the_reason"),
        Row("`$orderby`, nulls first ascending, stable without it", "real", "odata/test_oracle.py::test_lists_agree_with_the_oracle"),
        Row("`$select`, said in the context", "real", "graph/test_list.py::test_select_projects_and_says_so"),
        Row("`$search`", "simplified", "graph/test_list.py::test_options_do_what_they_say", "finds text in the text properties; the reports do not document it"),
        Row("`$top` is a page size from 1 to 999", "real", "graph/test_list.py::test_top_is_a_page_size"),
        Row("`$skip`", "real", "graph/test_list.py::test_options_do_what_they_say", "refused with `--strict-queries`"),
        Row("`$count=true` counts all matches", "real", "graph/test_list.py::test_count_is_of_all_matches"),
        Row("`/$count` as plain text", "real", "graph/test_list.py::test_count_segment_is_plain_text", "without a byte-order mark"),
        Row("`@odata.nextLink` is absolute and keeps the other options", "real", "graph/test_list.py::test_links_keep_prefix_scheme_and_host"),
        Row("`$skiptoken` is opaque and belongs to its query", "real", "graph/test_list.py::test_token_that_was_tampered_with_is_refused"),
        Row("nothing comes twice or goes missing while others write", "real", "graph/test_paging_under_change.py::test_every_surviving_record_comes_exactly_once"),
        Row("`$format`", "real", "graph/test_negotiation.py::test_format_option_beats_the_accept_header"),
        Row("`$expand`", "real", "graph/whole/test_things.py::test_expand_shows_what_things_lead_to"),
        Row("`$expand` with `$filter`, `$orderby`, `$top`, `$skip`, `$count`, `$levels` inside, and links to go on", "real", "graph/whole/test_expansion_pages.py::test_a_page_inside_goes_on_by_its_link"),
        Row("`$expand` of `$ref`, `$count`, `*`, and with casts", "real", "graph/whole/test_expansion_pages.py::test_only_urls_or_numbers_are_shown_where_only_they_are_asked_for"),
        Row("`$expand` in the directory", "real", "graph/whole/test_expansion_pages.py::test_the_directory_selects_alone_inside", "one thing, 20 of it, `$select` alone inside"),
        Row("`$expand` of what lies in a property", "simplified", "graph/whole/test_properties.py::test_what_lies_in_a_property_is_expanded_there", "at the URL of the property, with `$select` alone inside"),
        Row("`$select` of parts of properties", "real", "graph/whole/test_properties.py::test_parts_of_properties_are_selected", "the whole value in the directory and Outlook"),
        Row("conditions and orders along navigation properties", "real", "graph/whole/test_led_conditions.py::test_a_condition_goes_along_several_times"),
        Row("casts of collections before `any`, `all` and `$count` in `$filter`", "real", "graph/whole/test_led_conditions.py::test_a_condition_goes_along_to_what_things_have", "in the directory `$count` alone: its other conditions take no types"),
        Row("`isof` and casts in `$filter`", "real", "graph/whole/test_led_conditions.py::test_types_are_those_of_what_is_stored", "by the type of what is stored"),
        Row("`/delta`: rounds, tokens, `@removed`", "simplified", "graph/whole/test_delta.py::test_a_round_tells_what_came_changed_and_went", "what is worked out, as the number of items in a folder, is told with other changes alone"),
        Row("`/delta`: who follows it while others write ends with what is there", "real", "graph/whole/test_delta_followed.py::test_a_follower_ends_with_what_sixteen_writers_leave"),
        Row("`/delta`: `members@delta` and other links", "real", "graph/whole/test_delta.py::test_groups_tell_their_members"),
        Row("`/delta`: tokens that are refused, expire, or are of another generation", "real", "graph/whole/test_delta.py::test_tokens_go_for_nothing_else"),
        Row("extended properties that Outlook keeps itself", "simplified", "workloads/test_mapi.py::test_messages_have_some_of_themselves", "some sixty; others are as if nobody had given them; a size is about right"),
        Row("ids of extended properties in any spelling", "real", "workloads/test_mapi.py::test_ids_may_be_spelt_otherwise"),
        Row("`$select` of a PUT of contents", "real", "workloads/test_files_items.py::test_what_a_write_of_bytes_shows_can_be_selected"),
        Row("paths in personal drives: `/drive/root:/a`", "real", "workloads/test_files_items.py::test_paths_in_a_personal_drive_do_not_say_which_it_is"),
        Row("`parentReference.path` in `/delta` of a drive", "simplified", "workloads/test_files_holders.py::test_changes_tell_paths_where_they_are_selected", "documented as never there, and seen where `parentReference` is selected: so it is told there alone"),
        Row("`GET /drives`", "simplified", "workloads/test_files_holders.py::test_drives_alone_are_ones_own", "one's own, as `/me/drives`; no page says what the service lists"),
        Row("404 `User's mysite not found.`", "real", "workloads/test_files_holders.py::test_who_has_no_personal_site_has_no_drive", "of guests, and of whom a seed says so"),
        Row("`followedSites/add` and `remove`, 207 where one is not there", "simplified", "workloads/test_files_holders.py::test_a_site_that_is_not_there_is_told_beside_the_others", "the form of the errors in a 207 is quoted nowhere"),
        Row("403 for the drive of a group that one is not in", "simplified", "workloads/test_files_holders.py::test_what_a_group_has_is_for_its_members", "with `--auth strict`; libraries of sites are for all that have the permission"),
        Row("`special/approot` of each application, with `Files.ReadWrite.AppFolder`", "simplified", "workloads/test_files_holders.py::test_each_application_has_a_folder_of_its_own", "who may only read has it made too"),
        Row("`/delta` of a calendar view", "real", "workloads/test_calendar_delta.py::test_what_comes_and_goes_is_told"),
        Row("attendees that are new in a series: its exceptions and gaps", "real", "workloads/test_calendar_meetings.py::test_who_is_new_in_a_series_has_its_exceptions"),
        Row("meetings in the calendars of rooms", "simplified", "workloads/test_calendar_meetings.py::test_a_room_knows_whose_a_meeting_is_and_not_what_about", "as rooms are set up from the start; there is no setting for it"),
        Row("order, parts and errors of inbox rules", "simplified", "workloads/test_arriving.py::test_what_a_rule_cannot_be_is_told_by_its_field", "as recorded at a mailbox; conditions that are cleared are shown as `{}`, and a list of rules has pages"),
        Row("events by `organizer` and `attendees`: 501 `UnsupportedEntityExpression`", "real", "workloads/test_calendar_days.py::test_events_are_not_filtered_by_their_people", "as reports have it; the words of other conditions than `eq` are not known"),
        Row("inline attachments and prefixes of answers", "real", "workloads/test_operations.py::test_an_answer_takes_along_what_the_message_shows"),
        Row("`sizeInBytes` of mail folders", "simplified", "workloads/test_outlook.py::test_a_folder_says_what_it_weighs_to_who_asks", "to who selects or filters by it; what the service counts per message no page says"),
        Row("`$search` on contacts", "simplified", "workloads/test_outlook.py::test_a_search_finds_contacts_and_tells_less_of_them", "no page describes it: as reports saw it, by words of names, addresses and companies"),
        Row("`In-Reply-To`, `References` and conversations of answers and of MIME", "real", "workloads/test_arriving.py::test_answers_name_what_they_answer_and_all_before_it"),
        Row("heads of automatic replies and of reports of what was not delivered", "real", "workloads/test_arriving.py::test_what_no_person_has_sent_says_so_and_is_in_the_conversation"),
        Row("MIME: `Bcc`, `Importance`, receipts, attached messages", "real", "workloads/test_arriving.py::test_mime_says_what_it_answers_to_whom_and_how_important_it_is"),
        Row("attendees without an address, long subjects, events of years", "real", "workloads/test_calendar_meetings.py::test_who_has_no_address_is_not_invited", "the service may leave the event there all the same, as was seen once; here nothing is left"),
        Row("delegates: who sends in whose name, and who gets mail about meetings", "simplified", "workloads/test_calendar_sharing.py::test_a_delegate_acts_for_somebody_and_gets_what_is_answered", "`/me/calendars` does not list calendars that others share; information to the principal is the message itself"),
        Row("online meetings of a calendar that allows no, or another, provider", "real", "workloads/test_calendar_meetings.py::test_a_calendar_says_who_provides_meetings", "as it was seen: no provider, no online meeting; otherwise the usual one"),
        Row("attachments of a group's events", "real", "workloads/test_calendar_meetings.py::test_events_of_groups_have_no_attachments", "there are none, as documented; the error is that of other attachments of groups"),
        Row("`/delta` of events, in beta with `startDateTime`", "simplified", "workloads/test_calendar_delta.py::test_beta_tells_of_events_that_begin_from_a_moment_on", "`/me/events/delta` tells of the default calendar alone; a series counts from its first day"),
        Row("meetings of groups: invitations, answers, cancellations", "simplified", "workloads/test_calendar_meetings.py::test_a_group_invites_and_is_told_what_people_answer", "mail is in the Sent Items of who asks; the group's own mailbox is not shown"),
        Row("extended properties of items, folders, calendars and posts", "real", "workloads/test_mail_writes.py::test_extended_properties_come_with_a_body_and_another_value_takes_the_place_of_one"),
        Row("`/delta` of a folder of a drive", "real", "workloads/test_delta.py::test_a_folder_tells_changes_of_what_lies_in_it"),
        Row("`/delta` of a drive: `hierarchicalsharing`, `deltashowsharingchanges`", "real", "workloads/test_delta.py::test_a_drive_tells_where_sharing_begins_and_ends_to_who_wishes_to_know"),
        Row("`/delta` of a drive, since a point in time", "real", "workloads/test_delta.py::test_a_drive_tells_changes_since_a_point_in_time"),
        Row("`$apply`, `$compute`, `$deltatoken`, `$schemaversion`", "refused", "graph/test_none_ignored.py::test_unknown_options_and_values_are_refused"),
        Row("what the documentation lists for each property, and no more", "real", "odata/test_documented.py::test_what_is_not_listed_is_refused", "with `--strict-queries`"),
        Row("long-running operations: 202, monitors, states, failures", "real", "workloads/test_long_running.py::test_a_team_is_there_when_its_operation_is_done", "of those that are built; they are done at once unless a test says otherwise"),
        Row("eventual consistency: 404, old reads, lists and references that are late", "real", "graph/whole/test_consistency.py::test_it_is_in_no_list_and_no_count_meanwhile", "with `--consistency-delay`; links, deletions and `/delta` are never late"),
        Row("`ConsistencyLevel`", "real", "graph/test_headers.py::test_headers_are_honoured_or_refused", "`eventual` is taken everywhere, and changes nothing here"),
    ],
    "Annotations and formats": [
        Row("`@odata.context` of collections, entities, projections", "real", "graph/test_entity.py::test_get_names_its_context"),
        Row("`@odata.context` of function results", "real", "graph/test_functions.py::test_results_name_their_context"),
        Row("`odata.metadata=minimal`", "real", "graph/test_headers.py::test_accept_with_json_is_met"),
        Row("`odata.metadata=full`", "real", "graph/test_negotiation.py::test_full_metadata_types_everything_that_json_does_not", "ids and edit links are relative to the service root"),
        Row("`odata.metadata=none`", "real", "graph/test_negotiation.py::test_no_metadata_leaves_links_and_counts"),
        Row("`IEEE754Compatible=true`, both ways", "real", "graph/test_negotiation.py::test_long_numbers_are_texts_where_the_client_wants_it"),
        Row("`@odata.type` on what was created", "real", "graph/test_create.py::test_page_request_gives_page_answer"),
        Row("what is in a folder by its name: `children/a.txt`", "real", "workloads/test_files_items.py::test_what_is_in_a_folder_is_found_by_its_name_too"),
        Row("names of properties in bodies of the directory and of Outlook, in any case", "real", "workloads/test_directory_values.py::test_names_are_taken_in_any_case"),
        Row("`@odata.type` and `p@odata.type` in bodies are checked, other annotations dropped", "real", "edm/test_schema.py::test_annotations_are_dropped"),
        Row("gzip bodies, with a bound on what they inflate to", "real", "graph/test_negotiation.py::test_bad_compressed_bodies_are_refused"),
        Row("HEAD and OPTIONS", "real", "graph/test_negotiation.py::test_head_is_a_get_without_its_body"),
        Row("method overrides", "refused", "graph/test_headers.py::test_headers_are_honoured_or_refused"),
        Row("`$metadata`", "simplified", "edm/test_csdl.py::test_structure_is_that_of_csdl", "of what is served"),
        Row("service document", "simplified", "graph/test_negotiation.py::test_service_document_lists_what_there_is", "of what is served"),
    ],
    "Prefer": [
        Row("`odata.maxpagesize`", "real", "graph/test_list.py::test_page_size_preference_lowers_but_never_raises"),
        Row("`return=minimal`, `return=representation` are ignored on writes", "real", "graph/test_create.py::test_preferences_that_no_workload_here_knows_are_ignored", "as by all workloads but Planner and a few of security and schedules"),
        Row("`include-unknown-enum-members`", "real", "graph/test_create.py::test_later_member_is_taken_with_the_preference"),
        Row("`odata.include-annotations`, `respond-async`", "absent", "graph/test_headers.py::test_headers_are_honoured_or_refused", "preferences that are not known are ignored, as RFC 7240 has it, and not in `Preference-Applied`"),
    ],
    "Evolvable enums": [
        Row("later members are `unknownFutureValue` to those who do not ask", "real", "graph/test_create.py::test_later_member_is_taken_with_the_preference"),
        Row("the same in filters", "real", "odata/test_plan.py::test_sentinel_stands_for_all_that_it_hides"),
        Row("the same in collections and nested objects", "real", "graph/test_negotiation.py::test_later_members_are_hidden_in_nested_objects_too"),
    ],
    "The report family": [
        Row("`userCredentialUsageDetails`: list, get, create, update, delete", "real", "clients/test_python_sdk.py::test_create_get_update_delete"),
        Row("dates come back character for character", "real", "graph/test_create.py::test_date_comes_back_character_for_character"),
        Row("`credentialUserRegistrationDetails` with `authMethods/any(…)`", "real", "graph/test_functions.py::test_lambdas_over_enum_members"),
        Row("`getCredentialUsageSummary(period='D30')`", "real", "graph/test_functions.py::test_periods_end_with_the_tenants_now"),
        Row("`getCredentialUserRegistrationCount()`", "real", "test_contoso.py::test_registration_count_counts_the_registrations"),
        Row("`authenticationMethods/userEventsSummary`", "real", "test_contoso.py::test_successor_has_the_same_events"),
        Row("`authenticationMethods/userRegistrationDetails`, on both versions", "real", "test_contoso.py::test_v1_has_three_of_the_family_and_no_more"),
        Row("`usersRegisteredByFeature`, `usersRegisteredByMethod`, on both versions", "simplified", "test_contoso.py::test_summaries_count_the_users", "`privilegedAdmin` is refused: records do not tell"),
        Row("SDKs list, page, call and batch all of it", "real", "clients/test_family_python.py::test_a_batch_reads_several_members"),
        Row("the successors cannot be written to", "real", "graph/test_entity.py::test_other_verbs_are_405"),
        Row("permissions by resource", "real", "identity/test_strict.py::test_a_missing_permission_is_said"),
        Row("roles that delegated callers need", "absent", "identity/test_strict.py::test_a_good_token_is_let_in", "a scope is enough"),
        Row("after retirement", "simplified", "graph/test_functions.py::test_retired_members_answer_as_after_their_last_day", "with `--retired`: empty lists, 404, 410 for writes; the real answer is not documented"),
    ],
    "JSON batching": [
        Row("up to 20 requests, 400 beyond", "real", "graph/test_batch.py::test_up_to_twenty_requests_are_answered"),
        Row("ids: unique in any case, required, given back as sent, whole numbers as texts", "real", "graph/test_batch.py::test_ids_are_unique_in_any_case"),
        Row("a write without body or `Content-Type` stops the whole batch", "real", "graph/test_batch.py::test_a_write_without_body_or_type_stops_the_whole_batch"),
        Row("`atomicityGroup`, `respond-async` and an item's own token are ignored", "real", "graph/test_batch.py::test_what_the_service_takes_and_ignores_is_ignored"),
        Row("relative and absolute urls", "simplified", "graph/test_batch.py::test_urls_may_be_written_in_many_ways", "an absolute one with this server's host is taken, of any version, as OData has it; the service is reported to refuse absolute ones"),
        Row("bodies as JSON and base64", "real", "graph/test_batch.py::test_bodies_may_be_base64"),
        Row("bodies that are texts are base64, too, in requests and answers", "real", "graph/test_batch.py::test_a_text_that_is_put_is_base64_too"),
        Row("`dependsOn`, 424", "real", "graph/test_batch.py::test_what_depends_on_a_failure_is_not_carried_out"),
        Row("unknown ids, cycles and dependencies on later items are refused", "real", "graph/test_batch.py::test_bad_dependencies_stop_the_batch"),
        Row("parallel, serial, or all that depend on the same item; no other shape", "real", "graph/test_batch.py::test_batches_are_parallel_serial_or_hang_on_one"),
        Row("order of the responses", "simplified", "graph/test_batch.py::test_dependants_follow_what_they_depend_on", "the order in which they were carried out; the service promises none"),
        Row("items are throttled one by one", "real", "graph/test_batch.py::test_items_are_throttled_one_by_one"),
        Row("nested batches", "refused", "graph/test_batch.py::test_a_batch_in_a_batch_is_refused"),
    ],
    "Throttling": [
        Row("budgets per app and tenant, in a sliding window", "real", "control/test_throttle.py::test_each_app_and_each_tenant_has_a_budget_of_its_own"),
        Row("who does not wait keeps being refused", "real", "control/test_throttle.py::test_hammering_is_never_let_in"),
        Row("SDKs recover by themselves", "real", "clients/test_retries.py::test_python_sdk_recovers"),
    ],
    "Tokens and sign-in": [
        Row("MSAL and azure-identity sign in over TLS, unchanged", "real", "clients/test_sign_in.py::test_azure_identity_signs_the_graph_sdk_in"),
        Row("openid-configuration, keys", "real", "clients/test_sign_in.py::test_claims_hold_before_a_resource_server"),
        Row("instance discovery with the host among the aliases", "simplified", "identity/test_signin.py::test_the_server_vouches_for_itself_alone", "it vouches for this server alone"),
        Row("`userrealm`", "simplified", "identity/test_signin.py::test_realms_are_managed_here", "every user is `Managed`"),
        Row("authorize: `state`, `nonce`, response modes, `login_hint`, `prompt`", "simplified", "identity/test_signin.py::test_a_browser_is_sent_back", "a page that picks a user; no passwords or consent"),
        Row("single sign-on by cookie, `prompt=none`, `sid`", "real", "identity/test_single_sign_on.py::test_who_has_signed_in_is_known_again", "a user has one session, in whichever browsers"),
        Row("single-page apps: `Origin`, PKCE, refresh tokens of a day", "real", "identity/test_single_page_apps.py::test_refresh_tokens_of_pages_end_after_a_day"),
        Row("tokens that prove a key (`req_cnf`)", "refused", "identity/test_single_page_apps.py::test_a_token_that_is_bound_to_a_key_is_refused"),
        Row("authorization codes with PKCE, once, for 10 minutes", "real", "identity/test_grants.py::test_what_a_redemption_must_show"),
        Row("client credentials by secret and by certificate", "real", "clients/test_sign_in.py::test_msal_signs_in_by_certificate"),
        Row("username and password", "real", "clients/test_sign_in.py::test_msal_signs_a_user_in_by_password_and_on_again"),
        Row("refresh tokens", "simplified", "identity/test_grants.py::test_a_refresh_token_renews_and_stays_good", "a restart forgets them"),
        Row("device codes", "real", "clients/test_sign_in.py::test_msal_signs_a_device_in"),
        Row("on behalf of a user", "real", "clients/test_sign_in.py::test_msal_acts_for_a_user"),
        Row("`client_info`, ID tokens", "real", "identity/test_grants.py::test_a_password_signs_a_user_in"),
        Row("errors with AADSTS codes", "real", "identity/test_grants.py::test_what_is_wrong_is_refused"),
        Row("scopes: bare, with the resource's prefix, `.default`", "real", "identity/test_grants.py::test_what_is_granted_by_default"),
        Row("access tokens: RS256, `kid`, v1 claims; Graph takes no others", "real", "identity/test_strict.py::test_graph_takes_no_token_of_the_form_of_v2"),
        Row("personal accounts are refused by the reports", "real", "identity/test_strict.py::test_personal_accounts_are_refused"),
        Row("implicit and hybrid flows", "refused", "identity/test_signin.py::test_the_app_is_told_what_was_wrong"),
        Row("claims challenges of continuous access evaluation", "real", "identity/test_continuous.py::test_who_was_sent_away_is_challenged", "of users who are disabled or revoked, and as the fault `claimsChallenge`"),
        Row("conditional access", "absent", "identity/test_signin.py::test_prompts_are_taken", "`claims` must be JSON, and changes nothing"),
        Row("a token is sent to https or to localhost only, by the SDKs", "real", "clients/test_python_sdk.py::test_list_with_options", "hence `--tls`"),
    ],
}
# fmt: on


def text() -> str:
    """The document."""
    lines = [
        "# What is faithful, and what is not",
        "",
        "One row for each behaviour of the real service that clients meet: **real** where it is as there, **simplified** with the",
        "difference, **refused** with the service's error, **absent** where it is not there. Each names the test that shows it.",
        "`fakegraph routes --coverage` prints this page.",
        "",
    ]
    totals = {
        grade: sum(row.grade == grade for rows in SECTIONS.values() for row in rows)
        for grade in CLASSES
    }
    lines += [", ".join(f"{count} {grade}" for grade, count in totals.items()) + ".", ""]
    for title, rows in SECTIONS.items():
        lines += [f"## {title}", "", "| behaviour | | shown by |", "| --- | --- | --- |"]
        lines += [f"| {row.behaviour} | {_graded(row)} | `{row.test}` |" for row in rows]
        lines.append("")
    lines += [
        "## Everything else in v1.0",
        "",
        "Of what a permission or a page of the documentation names, counted by method and path: **real** where the workload's own",
        "rules are declared (required and read-only properties, defaults, views, its errors), **simplified** where a type is",
        "answered by the model alone, **scripted** where it is a 501 by name until a test says what it answers. What is absent is",
        "what neither names: a 405 with the methods that are there. `tests/sweep` goes through all of it.",
        "",
        f"{whole_coverage.totals()}.",
        "",
        *whole_coverage.rows(),
        "",
        "## Documented requests that are answered otherwise",
        "",
        "The requests of the documentation's examples are sent to a server that has what their answers show, and the answers",
        "compared: the status, the type, the context, the values, and what is there afterwards. These are not as documented, and",
        "why; a new one fails the gate, and so does one that passes again.",
        "",
        *_differing(),
        "",
    ]
    return "\n".join(lines)


def _differing() -> list[str]:
    """Why requests are not answered as documented, and how many are for each reason."""
    reasons = Counter(read_known(KNOWN.read_text()).values())
    rows = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    lines = ["| requests | why |", "| --- | --- |"]
    return lines + [f"| {count} | {reason} |" for reason, count in rows]


def _graded(row: Row) -> str:
    return f"{row.grade}: {row.note}" if row.note else row.grade


if __name__ == "__main__":
    DOCUMENT.write_text(text())
