using System.Net;
using Gateway.Sip.Auth;
using Gateway.Sip.Endpoint;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Interop.Asterisk;
using Microsoft.Extensions.Logging.Abstractions;
using Testing;
using Testing.Peers;

namespace Interop.Bench;

/// <summary>
/// The gateway's SIP endpoint beside Asterisk, without calls of WhatsApp: for what it knows of agents and says to them outside calls, and
/// for dial plans.
/// </summary>
public sealed class PresenceBench : IAsyncLifetime
{
    public const string Trunk = "watcher";

    public const string AnnsNumber = "201";

    private readonly int _gatewayPort = LoopbackPorts.Take();
    private readonly int _port = LoopbackPorts.Take();
    private AsteriskServer? _asterisk;
    private SipEndpoint? _gateway;

    public AsteriskServer Asterisk => _asterisk!;

    public SipEndpoint Gateway => _gateway!;

    public async Task InitializeAsync()
    {
        _asterisk = await AsteriskServer.StartAsync(new AsteriskOptions
        {
            Agents = [new("ann") { Endpoint = [$"callerid=ann <{AnnsNumber}>"] }, new("ben")],
            Trunks =
            [
                // With a secret: each SUBSCRIBE and MESSAGE is challenged.
                new(Trunk, _port, $"127.0.0.1:{_gatewayPort}")
                {
                    HasSecret = true,
                    Endpoint = ["allow_subscribe=yes", "subscribe_context=hints", "message_context=texts"],
                },
            ],
            Dialplan = $$"""
                [hints]
                exten => {{AnnsNumber}},hint,PJSIP/ann

                [texts]
                exten => _X.,1,UserEvent(Text,To: ${EXTEN},Words: ${MESSAGE(body)})
                 same => n,MessageSend(pjsip:ann,<sip:gateway@127.0.0.1>)

                [gateway](+)
                exten => _00X.,1,Gosub(whatsapp,s,1)
                 same => n,Goto(pstn,${EXTEN},1)
                exten => {{AnnsNumber}},1,Gosub(whatsapp,s,1)
                 same => n,Dial(PJSIP/ann,45,b(whatsapp^s^agent))

                [agents](+)
                exten => _00X.,1,Goto(pstn,${EXTEN},1)

                [pstn]
                exten => _00X.,1,Gosub(no-whatsapp,s,1)
                 same => n,Ringing()
                 same => n,Wait(600)
                """,
        });
        Assert.True(SipProfileSet.TryLoad(SipProfileSet.DefaultDirectory, out var profiles, out var errors), string.Join('\n', errors));
        _gateway = new SipEndpoint(
            new SipEndpointOptions
            {
                Listeners = [new SipListenerOptions
                {
                    Transport = SipTransport.Udp, Bind = new IPEndPoint(IPAddress.Loopback, _gatewayPort),
                }],
                Trunks =
                [
                    new TrunkOptions
                    {
                        Name = Trunk,
                        Server = "127.0.0.1",
                        Port = _port,
                        Transport = SipTransport.Udp,
                        Profile = profiles.Find("asterisk")!,
                        Credentials = new SipCredentials(Trunk, AsteriskServer.Password),
                    },
                ],
            },
            new SeededEntropy(1), TimeProvider.System, NullLoggerFactory.Instance);
        await _gateway.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_asterisk is not null)
            await _asterisk.DisposeAsync();
    }

    /// <summary>Ann's desk phone, registered with Asterisk.</summary>
    public async Task<Baresip> AnnAsync(bool answers)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        var phone = await Baresip.StartAsync(
            new BaresipOptions
            {
                User = "ann",
                Registrar = Asterisk.Registrar,
                Password = AsteriskServer.Password,
                AutoAnswer = answers,
                Codecs = "pcmu",
            },
            timeout.Token);
        await Asterisk.RegisteredAsync("ann", phone.SipPort);
        return phone;
    }
}
