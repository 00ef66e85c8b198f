using Gateway.Calls;
using Gateway.Sip.Profiles;
using Media.Protocols.Primitives;

namespace Gateway.Worker.Legs;

/// <summary>
/// Carries keys to a PBX that agreed to no telephone-event, the way that its trunk names; the first one of a call is logged.
/// </summary>
internal sealed partial class PbxKeys(CallId id, PbxMedia media, ILogger logger)
{
    private bool _saidHow;

    public async Task CarryAsync(SipLeg to, char digit, TimeSpan duration)
    {
        var way = to.WayOfKeys;
        if (!_saidHow)
            LogKeys(id, to.Trunk.Name, way);
        _saidHow = true;
        if (way == DtmfFallback.Info)
            await to.Sip.SendDigitAsync(digit, duration);
        else if (way == DtmfFallback.Inband)
            media.PlayKey(digit, duration);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Call {CallId}: trunk {Trunk} agreed to no telephone-event; digits go by {Way}")]
    private partial void LogKeys(CallId callId, string trunk, WireText<DtmfFallback> way);
}
