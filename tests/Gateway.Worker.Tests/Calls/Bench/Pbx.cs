using System.Net;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Worker.Tests.Calls.Bench;

/// <summary>
/// A PBX of one SIP endpoint, scripted by tests. It shares the SIP stack with the gateway: peers that share nothing are in tests/Interop.
/// </summary>
internal sealed class Pbx : IAsyncDisposable
{
    /// <summary>The tone that agents send.</summary>
    public const double Hertz = 620;

    private readonly SipEndpoint _endpoint;
    private readonly List<PbxCall> _calls = [];

    private Pbx(SipEndpoint endpoint) => _endpoint = endpoint;

    public int Port => Address.Port;

    /// <summary>The address of its SIP.</summary>
    public IPEndPoint Address => _endpoint.Listeners[0].Bind;

    /// <summary>A PBX that has the gateways at these ports as trunks "0", "1", ….</summary>
    public static Task<Pbx> StartAsync(params IReadOnlyList<int> gatewayPorts) => StartAsync(IPAddress.Loopback, gatewayPorts);

    /// <summary>The same at an address of its own, so that a gateway tells the two apart.</summary>
    public static Task<Pbx> StartAtAsync(IPAddress address, int gatewayPort) => StartAsync(address, [gatewayPort]);

    /// <summary>A phone that registers at the gateway's own registrar, from an address that is no PBX's.</summary>
    public static Task<Pbx> RegisterAsync(int gatewayPort, string realm, SipCredentials user) => StartAsync(
        IPAddress.Parse("127.0.0.77"), [gatewayPort],
        trunk => trunk with { Domain = realm, RegisterUser = user.User, Credentials = user });

    /// <summary>The tone of the phones that ring from now on.</summary>
    public double NextHertz { get; set; } = Hertz;

    private static async Task<Pbx> StartAsync(
        IPAddress address, IReadOnlyList<int> gatewayPorts, Func<TrunkOptions, TrunkOptions>? change = null)
    {
        if (!SipProfileSet.TryLoad(SipProfileSet.DefaultDirectory, out var profiles, out var errors))
            throw new InvalidOperationException(string.Join(" ", errors));
        var endpoint = new SipEndpoint(
            new SipEndpointOptions
            {
                Listeners = [new SipListenerOptions { Transport = SipTransport.Udp, Bind = new IPEndPoint(address, 0) }],
                Trunks = [.. gatewayPorts.Select((port, i) => (change ?? (same => same))(new TrunkOptions
                {
                    Name = $"{i}",
                    Server = "127.0.0.1",
                    Port = port,
                    Transport = SipTransport.Udp,
                    Profile = profiles.Find(SipProfileSet.GenericName)! with { OptionsInterval = 0 },
                }))],
                Product = "Test-PBX",
            },
            SystemEntropy.Instance, TimeProvider.System, NullLoggerFactory.Instance);
        await endpoint.StartAsync(CancellationToken.None);
        return new Pbx(endpoint);
    }

    /// <summary>The next incoming INVITE, without any response so far.</summary>
    public async Task<PbxCall> NextAsync()
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        try
        {
            return Keep(await _endpoint.IncomingCalls.ReadAsync(timeout.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("No INVITE came to the PBX.");
        }
    }

    /// <summary>True when an INVITE waits that no test has read.</summary>
    public bool HasUnexpectedCall => _endpoint.IncomingCalls.TryPeek(out _);

    /// <summary>An agent dials.</summary>
    public PbxCall Dial(
        string target, string trunk = "0", string? sdp = null, string caller = "201", IReadOnlyList<(string, string)>? headers = null)
    {
        var phone = new PbxPhone(Hertz);
        var call = new PbxCall(
            _endpoint.Invite(
                new SipInviteRequest
                {
                    Trunk = trunk, TargetUser = target, Caller = new SipParty(caller, "Agent"), Sdp = sdp ?? phone.Sdp,
                    Headers = headers ?? [],
                }),
            phone, TimeProvider.System.GetTimestamp());
        _calls.Add(call);
        return call;
    }

    public async ValueTask DisposeAsync()
    {
        await _endpoint.DisposeAsync();
        foreach (var call in _calls)
            await call.DisposeAsync();
    }

    private PbxCall Keep(SipCall sip)
    {
        var call = new PbxCall(sip, new PbxPhone(NextHertz), TimeProvider.System.GetTimestamp());
        _calls.Add(call);
        return call;
    }
}
