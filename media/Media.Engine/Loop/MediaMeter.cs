using System.Diagnostics.Metrics;
using System.Globalization;
using Media.Engine.Quality;
using Media.Protocols.Primitives;

namespace Media.Engine.Loop;

/// <summary>The meter `Gateway.Media`: reads what the loops count, when it is asked to; costs them nothing in between.</summary>
internal sealed class MediaMeter : IDisposable
{
    private static readonly string[] Directions = ["received", "sent"];

    private readonly Meter _meter = new("Gateway.Media");

    public MediaMeter(MediaLoop[] loops, PortAllocator ports, Func<int> activeCalls, ProcessWatch process)
    {
        _meter.CreateObservableGauge("gateway_media_active_calls", activeCalls, description: "Calls that hold media resources.");
        _meter.CreateObservableCounter(
            "gateway_media_packets",
            () => from leg in Enum.GetValues<CallLeg>()
                  from direction in Directions
                  select new Measurement<long>(
                      loops.Sum(loop => (direction == "sent" ? loop.Counters.Sent : loop.Counters.Received)[(int)leg]),
                      Tag("leg", WireName.Of(leg)), Tag("direction", direction)),
            description: "RTP packets.");
        _meter.CreateObservableCounter(
            "gateway_media_playout_packets",
            () => from leg in Enum.GetValues<CallLeg>()
                  from outcome in Enum.GetValues<PlayoutOutcome>()
                  select new Measurement<long>(
                      loops.Sum(loop => loop.Counters.Playout[(int)leg][(int)outcome]),
                      Tag("leg", WireName.Of(leg)), Tag("outcome", WireName.Of(outcome))),
            description: "RTP packets from a leg that did not come in order and in time, by what became of them.");
        _meter.CreateObservableCounter(
            "gateway_media_timeouts",
            () => from leg in Enum.GetValues<CallLeg>()
                  select new Measurement<long>(loops.Sum(loop => loop.Counters.Timeouts[(int)leg]), Tag("leg", WireName.Of(leg))),
            description: "Legs of answered calls from which nothing came for media.mediaTimeout.");
        _meter.CreateObservableCounter(
            "gateway_media_drops", () => PerMember<DropReason>(reason => loops.Sum(loop => loop.Counters.Drops(reason))),
            description: "Datagrams that went no further.");
        _meter.CreateObservableCounter(
            "gateway_media_whatsapp_failures",
            () => PerMember<WebRtcFailure>(reason => loops.Sum(loop => loop.Counters.WhatsAppFailures(reason))),
            description: "WhatsApp legs that did not come up, or fell: ICE and DTLS.");
        _meter.CreateObservableCounter(
            "gateway_media_decode_errors", () => loops.Sum(loop => loop.Counters.DecodeErrors),
            description: "Packets a codec did not understand.");
        _meter.CreateObservableCounter(
            "gateway_media_call_failures", () => loops.Sum(loop => loop.Counters.CallFailures),
            description: "Calls ended by a failure inside the engine.");
        _meter.CreateObservableCounter(
            "gateway_media_lost_events", () => loops.Sum(loop => loop.Counters.LostEvents),
            description: "Events whose reader was too slow.");
        _meter.CreateObservableGauge(
            "gateway_media_ports",
            () => new[]
            {
                new Measurement<int>(ports.Free, Tag("state", "free")),
                new Measurement<int>(ports.Resting, Tag("state", "resting")),
                new Measurement<int>(ports.Capacity - ports.Free - ports.Resting, Tag("state", "taken")),
            },
            description: "PBX port pairs.");
        AddLoad(loops);
        _meter.CreateObservableGauge(
            "gateway_process_load_ratio", () => process.Load,
            description: "The part of its processors that the gateway used over the last second.");
        _meter.CreateObservableGauge(
            "gateway_process_wait_seconds", () => process.Wait.TotalSeconds,
            description: "How long work of the gateway that was ready waited for a thread and a processor.");
    }

    private void AddLoad(MediaLoop[] loops)
    {
        _meter.CreateObservableGauge(
            "gateway_media_loop_load_ratio", () => PerLoop(loops, watch => watch.Load.Processor),
            description: "The part of a processor that a media loop used over the last second.");
        _meter.CreateObservableGauge(
            "gateway_media_loop_wait_seconds", () => PerLoop(loops, watch => watch.Load.Wait.TotalSeconds),
            description: "The mean time that packets waited for a media loop over the last second.");
        _meter.CreateObservableGauge(
            "gateway_media_opus_reduction_steps", () => PerLoop(loops, watch => (int)watch.Effort),
            description: "Steps by which a media loop encodes Opus with less effort than configured, 0 to 3.");
    }

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<T>> PerLoop<T>(MediaLoop[] loops, Func<LoopWatch, T> read)
        where T : struct =>
        loops.Select((loop, i) => new Measurement<T>(read(loop.Watch), Tag("loop", i.ToString(CultureInfo.InvariantCulture))));

    private static IEnumerable<Measurement<long>> PerMember<T>(Func<T, long> count)
        where T : struct, Enum =>
        from reason in Enum.GetValues<T>()
        select new Measurement<long>(count(reason), Tag("reason", WireName.Of(reason)));

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
