using System.Diagnostics.Metrics;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Transport;

/// <summary>The reason why a connection was closed. A closed set: it is a metric label.</summary>
internal enum ConnectionEnd
{
    /// <summary>The peer closed it.</summary>
    Peer,

    /// <summary>Nothing travelled for too long.</summary>
    Idle,

    /// <summary>A source of no trunk sent no message in time.</summary>
    Silent,

    /// <summary>The peer did not read what we sent.</summary>
    NotReading,

    /// <summary>The received bytes could not be cut into messages.</summary>
    Malformed,

    /// <summary>More connections than allowed.</summary>
    Limit,

    /// <summary>It could not be opened, or TLS could not be agreed.</summary>
    Connect,

    /// <summary>The network broke it.</summary>
    Error,

    /// <summary>The endpoint stops.</summary>
    Stopped,
}

/// <summary>The share under which a source's messages are counted. A closed set: it is a metric label.</summary>
internal enum SourceShare
{
    /// <summary>A request outside calls, or what cannot be read.</summary>
    New,

    /// <summary>The messages that belong to a call, as <see cref="SipCallPeek"/> finds.</summary>
    InCall,

    /// <summary>Line ends between the messages of a stream (RFC 5626 §3.5.1).</summary>
    KeepAlive,
}

/// <summary>The instruments of meter "Gateway.Sip".</summary>
internal sealed class SipMetrics : IDisposable
{
    public const string MeterName = "Gateway.Sip";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _malformed;
    private readonly Counter<long> _ignored;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _overflow;
    private readonly Counter<long> _limited;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _ended;

    public SipMetrics(Func<int> calls, Func<int> connections, Func<SipDrop, long> drops, Func<SipRegistrar?> registrar)
    {
        _malformed = _meter.CreateCounter<long>("gateway_sip_malformed_messages", description: "Messages refused by the parser, by fault");
        _ignored = _meter.CreateCounter<long>(
            "gateway_sip_ignored_headers", description: "Malformed or surplus header fields passed over in messages that were taken");
        _closed = _meter.CreateCounter<long>(
            "gateway_sip_connections_closed", description: "TCP, TLS and WebSocket connections closed, by reason");
        _overflow = _meter.CreateCounter<long>(
            "gateway_sip_overflowed_datagrams", description: "Datagrams dropped because the endpoint was behind");
        _limited = _meter.CreateCounter<long>(
            "gateway_sip_limited_messages", description: "Messages dropped unread, since their source sends too many, by share and source");
        _received = _meter.CreateCounter<long>("gateway_sip_received_messages", description: "Messages received, by transport");
        _sent = _meter.CreateCounter<long>("gateway_sip_sent_messages", description: "Messages sent, by transport");
        _ended = _meter.CreateCounter<long>(
            "gateway_sip_ended_calls", description: "Calls that are over, by direction and by final status or by what ended them");
        _meter.CreateObservableGauge("gateway_sip_calls", calls, description: "Calls that are not over");
        _meter.CreateObservableGauge("gateway_sip_connections", connections, description: "Open TCP, TLS and WebSocket connections");
        _meter.CreateObservableCounter(
            "gateway_sip_dropped_messages", () => Labelled("reason", drops),
            description: "Messages dropped or refused without a call, by reason");
        _meter.CreateObservableCounter(
            "gateway_sip_registrations", () => registrar() is { } one ? Labelled<RegistrationResult>("result", one.CountOf) : [],
            description: "REGISTER requests of phones, by what became of them");
        _meter.CreateObservableGauge(
            "gateway_sip_registered_contacts", () => registrar()?.Contacts.Count ?? 0, description: "Contacts of registered phones");
    }

    public void Malformed(SipParseFault fault) => _malformed.Add(1, new KeyValuePair<string, object?>("fault", WireName.Of(fault)));

    public void IgnoredHeaders(int count) => _ignored.Add(count);

    public void Closed(ConnectionEnd reason) => _closed.Add(1, new KeyValuePair<string, object?>("reason", WireName.Of(reason)));

    public void Overflowed() => _overflow.Add(1);

    public void Limited(SourceShare share, bool isTrunk, int count) => _limited.Add(
        count, new("share", WireName.Of(share)), new KeyValuePair<string, object?>("source", isTrunk ? "trunk" : "unexpected"));

    public void Received(SipTransport transport) =>
        _received.Add(1, new KeyValuePair<string, object?>("transport", WireName.Of(transport)));

    public void Sent(SipTransport transport) => _sent.Add(1, new KeyValuePair<string, object?>("transport", WireName.Of(transport)));

    /// <summary>Counts the last event of a call; others are ignored.</summary>
    public void Ended(SipCallDirection direction, SipCallEvent last)
    {
        var result = last switch
        {
            SipCallEvent.Failed failed => failed.Status.ToString(),
            SipCallEvent.Ended ended => WireName.Of(ended.By),
            _ => null,
        };
        if (result is not null)
            _ended.Add(1, new KeyValuePair<string, object?>(
                "direction", WireName.Of(direction)), new KeyValuePair<string, object?>("result", result));
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<long>> Labelled<T>(string label, Func<T, long> counts)
        where T : struct, Enum =>
        Enum.GetValues<T>().Select(
            value => new Measurement<long>(counts(value), new KeyValuePair<string, object?>(label, WireName.Of(value))));
}
