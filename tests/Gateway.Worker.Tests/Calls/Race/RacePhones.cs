using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Worker.Configuration;
using Media.Engine;

namespace Gateway.Worker.Tests.Calls.Race;

/// <summary>
/// Phones of one PBX, or of the nodes' own registrars, on one socket, which shares nothing with the gateway's SIP stack but the digest.
/// Those that ring for one call wait for each other and then all pick up within <see cref="Within"/>; each takes a second call while it has
/// one, so that nothing but the gateway keeps an agent from being in two.
/// </summary>
internal sealed class RacePhones : IAsyncDisposable
{
    /// <summary>The time in which the phones of a call pick up.</summary>
    public static readonly TimeSpan Within = TimeSpan.FromMilliseconds(5);

    /// <summary>So long phones wait for others to ring beside them.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(300);

    /// <summary>The time until a 200 without ACK is sent again (RFC 3261 §13.3.1.4, T1).</summary>
    private static readonly TimeSpan T1 = TimeSpan.FromMilliseconds(500);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    /// <summary>Takes the audio, and nobody listens.</summary>
    private readonly Socket _media = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dialog> _dialogs = [];
    private readonly Dictionary<string, Gathering> _gatherings = [];
    private readonly Channel<SipResponse> _responses = Channel.CreateBounded<SipResponse>(16);
    private readonly int _atOnce;
    private readonly Task _reads;

    /// <param name="atOnce">So many phones ring for a call; when the last of them does, they pick up.</param>
    public RacePhones(int atOnce)
    {
        _atOnce = atOnce;
        _socket.ReceiveBufferSize = 4 << 20;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _media.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _reads = ReadAsync();
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>From the first to the last 200 of one call, of all calls that had several.</summary>
    public ConcurrentBag<TimeSpan> Spreads { get; } = [];

    /// <summary>Every leg so far.</summary>
    public IReadOnlyList<RaceLeg> Legs()
    {
        lock (_gate)
            return [.. _dialogs.Values.Select(dialog => dialog.Leg)];
    }

    public IReadOnlyList<RaceLeg> LegsOf(string user) => [.. Legs().Where(leg => leg.User == user)];

    /// <summary>Registers each user with one of the nodes.</summary>
    public async Task RegisterAsync(IReadOnlyList<PhoneConfiguration> users, string realm, IReadOnlyList<int> nodes)
    {
        for (var i = 0; i < users.Count; i++)
        {
            var node = new IPEndPoint(IPAddress.Loopback, nodes[i % nodes.Count]);
            var digest = new DigestClient(new SipCredentials(users[i].User, users[i].Password.Reveal()), SystemEntropy.Instance);
            Send(Register(users[i].User, realm, 1).ToString(), node);
            var challenge = await _responses.Reader.ReadAsync(_stop.Token);
            var again = Register(users[i].User, realm, 2);
            Assert.Equal(DigestOutcome.Answered, digest.Answer(challenge, again));
            Send(again.ToString(), node);
            Assert.Equal(200, (await _responses.Reader.ReadAsync(_stop.Token)).StatusCode);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reads;
        _socket.Dispose();
        _media.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[65_536];
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                var text = Encoding.UTF8.GetString(buffer, 0, received.ReceivedBytes);
                lock (_gate)
                    Handle(new RaceRequest(text), received.RemoteEndPoint);
            }
        }
        catch (OperationCanceledException)
        {
            // the phones are disposed
        }
    }

    private void Handle(RaceRequest request, EndPoint from)
    {
        var dialog = _dialogs.GetValueOrDefault(request.Header("Call-ID"));
        switch (request.Method)
        {
            case "INVITE" when dialog is null:
                Ring(request, from);
                break;
            case "INVITE":
                Send(dialog.Last, from);
                break;
            case "ACK" when dialog is not null:
                dialog.IsAcknowledged = true;
                break;
            case "CANCEL" when dialog is not null:
                Send(request.Response("200 OK", dialog.Tag), from);
                if (dialog.Leg is { AnsweredAt: null, EndedAt: null })
                {
                    End(dialog, "CANCEL");
                    Send(dialog.Last = dialog.Invite.Response("487 Request Terminated", dialog.Tag), from);
                }
                break;
            case "BYE" when dialog is not null:
                Send(request.Response("200 OK", dialog.Tag), from);
                End(dialog, "BYE");
                break;
            case "SIP/2.0" when request.Header("CSeq").EndsWith("REGISTER", StringComparison.Ordinal):
                if (SipParser.TryParse(Encoding.UTF8.GetBytes(request.Text), out var response, out _))
                    _responses.Writer.TryWrite((SipResponse)response);
                break;
            case "OPTIONS":
                Send(request.Response("200 OK", "phones"), from);
                break;
            default:
                break; // responses, and what belongs to no call
        }
    }

    private SipRequest Register(string user, string realm, int sequence)
    {
        var request = new SipRequest(SipMethod.Register, SipUri.Create(null, new HostPort(realm)));
        request.Headers.Add("Via", $"SIP/2.0/UDP 127.0.0.1:{Port};rport;branch=z9hG4bK{user}{sequence}");
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", $"<sip:{user}@{realm}>;tag={user}");
        request.Headers.Add("To", $"<sip:{user}@{realm}>");
        request.Headers.Add("Call-ID", $"register-{user}");
        request.Headers.Add("CSeq", $"{sequence} REGISTER");
        request.Headers.Add("Contact", $"<sip:{user}@127.0.0.1:{Port}>");
        return request;
    }

    private void Ring(RaceRequest invite, EndPoint from)
    {
        var leg = new RaceLeg
        {
            Phone = invite.User, User = invite.Header("X-WhatsApp-User-Phone").TrimStart('+'), RangAt = DateTimeOffset.UtcNow,
        };
        var dialog = new Dialog(leg, invite, from, $"phone{_dialogs.Count}");
        _dialogs[invite.Header("Call-ID")] = dialog;
        Send(dialog.Last = invite.Response("180 Ringing", dialog.Tag, contact: Port), from);
        if (!_gatherings.TryGetValue(leg.User, out var gathering))
        {
            _gatherings[leg.User] = gathering = new Gathering();
            _ = PickUpLaterAsync(leg.User, gathering);
        }
        gathering.Ringing.Add(dialog);
        if (gathering.Ringing.Count == _atOnce)
            gathering.IsComplete.TrySetResult();
    }

    private async Task PickUpLaterAsync(string user, Gathering gathering)
    {
        await Task.WhenAny(gathering.IsComplete.Task, Task.Delay(Gather));
        Dialog[] ringing;
        lock (_gate)
        {
            _gatherings.Remove(user);
            ringing = [.. gathering.Ringing];
        }
        await Task.WhenAll(ringing.Select(PickUpAsync));
        var answered = ringing.Select(dialog => dialog.Leg.AnsweredAt).OfType<DateTimeOffset>().ToArray();
        if (answered.Length > 1)
            Spreads.Add(answered.Max() - answered.Min());
    }

    private async Task PickUpAsync(Dialog dialog)
    {
        await Task.Delay(Random.Shared.Next((int)Within.TotalMilliseconds));
        lock (_gate)
        {
            if (dialog.Leg.EndedAt is not null)
                return;
            dialog.Leg.AnsweredAt = DateTimeOffset.UtcNow;
            Send(dialog.Last = dialog.Invite.Response("200 OK", dialog.Tag, Port, Sdp), dialog.From);
        }
        _ = RepeatAsync(dialog);
    }

    private async Task RepeatAsync(Dialog dialog)
    {
        for (var wait = T1; !_stop.IsCancellationRequested; wait *= 2)
        {
            await Task.Delay(wait);
            lock (_gate)
            {
                if (dialog.IsAcknowledged || dialog.Leg.EndedAt is not null || _stop.IsCancellationRequested)
                    return;
                Send(dialog.Last, dialog.From);
            }
        }
    }

    private static void End(Dialog dialog, string by)
    {
        dialog.Leg.EndedBy ??= by;
        dialog.Leg.EndedAt ??= DateTimeOffset.UtcNow;
    }

    private void Send(string message, EndPoint to) => _socket.SendTo(Encoding.UTF8.GetBytes(message), to);

    private string Sdp => string.Join("\r\n",
    [
        "v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
        $"m=audio {((IPEndPoint)_media.LocalEndPoint!).Port} RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000",
        "a=ptime:20", "a=sendrecv", "",
    ]);

    private sealed class Dialog(RaceLeg leg, RaceRequest invite, EndPoint from, string tag)
    {
        public RaceLeg Leg => leg;

        public RaceRequest Invite => invite;

        public EndPoint From => from;

        public string Tag => tag;

        /// <summary>The last response to the INVITE, sent again when the INVITE is.</summary>
        public string Last { get; set; } = "";

        public bool IsAcknowledged { get; set; }
    }

    /// <summary>The phones that ring for one call and have not picked up.</summary>
    private sealed class Gathering
    {
        public List<Dialog> Ringing { get; } = [];

        public TaskCompletionSource IsComplete { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
