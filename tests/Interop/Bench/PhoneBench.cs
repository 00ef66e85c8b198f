using Interop.Asterisk;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>No PBX: a desk phone is the trunk, over TLS with SRTP.</summary>
public sealed class PhoneBench(Stores stores) : CallBench(stores)
{
    public const double Hertz = 700;

    public static readonly BenchChannel Channel = new("15550005000", "phone") { Target = "agent" };

    /// <summary>The phone's TLS port; its UDP and TCP one is before it.</summary>
    private readonly int _tls = LoopbackPorts.Take(2) + 1;

    protected override GatewaySettings Settings => new()
    {
        Channels = [Channel],
        Trunks = [GatewaySettings.Trunk("phone", _tls, ("transport", "Tls"), ("srtp", "Required"), ("profile", "generic"))],
    };

    protected override AsteriskOptions? PbxOptions => null;

    public async Task<Baresip> PhoneAsync(bool autoAnswer)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        return await Baresip.StartAsync(
            new BaresipOptions { Transport =
                "tls", SipPort = _tls - 1, RequireSrtp = true, AutoAnswer = autoAnswer, ToneHertz = Hertz, Certificate = Certificate },
            timeout.Token);
    }
}
