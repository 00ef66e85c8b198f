namespace Gateway.Worker.Tests.Monitoring;

/// <summary>Metrics that have no series in a run of good calls, because nothing has happened that they count.</summary>
internal static class EventDriven
{
    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>
    {
        ["gateway_quality_degraded_total"] = "a leg that is too bad to hear",
        ["gateway_admission_refusals_total"] = "a call that is not admitted",
        ["gateway_holds_extensions_total"] = "a billed call that lasts",
        ["gateway_orphans_total"] = "a node that died",
        ["gateway_nodes_forwarded_events_total"] = "a webhook that came to another node",
        ["gateway_nodes_calls_taken_over_total"] = "a node that died",
        ["gateway_nodes_calls_moved_total"] = "a drain with node.clusterKeys",
        ["gateway_nodes_calls_let_go_total"] = "a call that another node has taken",
        ["gateway_nodes_missed_heartbeats_total"] = "a Redis that does not answer",
        ["gateway_nodes_lease_lapses_total"] = "a process that stood still",
        ["gateway_registry_failures_total"] = "a Redis that does not answer",
        ["gateway_clock_jumps_total"] = "a clock that is set",
        ["gateway_parked_calls_total"] = "a parked call",
        ["gateway_permissions_requests_total"] = "a request to a user",
        ["gateway_permissions_checks_total"] = "a call to a user",
        ["gateway_permissions_return_calls_total"] = "a permission that is granted",
        ["gateway_sip_certificate_seconds"] = "a TLS listener",
        ["gateway_sip_trunk_registered"] = "a trunk that is registered with",
        ["gateway_sip_registrations_total"] = "a phone that registers",
        ["gateway_sip_dropped_messages_total"] = "a SIP message that is dropped",
        ["gateway_sip_malformed_messages_total"] = "a SIP message that cannot be read",
        ["gateway_sip_limited_messages_total"] = "a flood of SIP messages",
        ["gateway_spool_refusals_total"] = "a record that PostgreSQL refuses",
        ["gateway_spool_failures_total"] = "a disk that is full",
        ["gateway_whatsapp_webhook_skips_total"] = "a webhook that says nothing of calls",
        ["gateway_whatsapp_graph_errors_total"] = "an action that Meta refuses",
        ["gateway_whatsapp_graph_retries_total"] = "an action that Meta does not answer",
        ["gateway_channels_syncs_total"] = "a channel whose settings are kept",
        ["gateway_sip_overflowed_datagrams_total"] = "a flood of SIP messages",
        ["gateway_channels_drifting"] = "a channel that was changed at Meta",
    };
}
