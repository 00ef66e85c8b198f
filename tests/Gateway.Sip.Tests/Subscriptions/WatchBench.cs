using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Subscriptions;
using Gateway.Sip.Tests.Dialogs;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Tests.Subscriptions;

/// <summary>A gateway that watches extensions of a scripted PBX, in virtual time.</summary>
internal sealed class WatchBench
{
    public const string Pbx = "10.0.0.2:5060";

    private uint _sequence = 100;

    public WatchBench(SipCredentials? credentials = null)
    {
        Gateway = Wire.AddAgent("10.0.0.1:5060", SipBench.Trunk(Pbx) with { Credentials = credentials });
        Peer = Wire.AddPeer(Pbx);
    }

    public SipBench Wire { get; } = new();

    public TestAgent Gateway { get; }

    public ScriptedPeer Peer { get; }

    public List<ExtensionState> States { get; } = [];

    public SipRequest LastSubscribe => Peer.Last("SUBSCRIBE");

    public int Subscribes => Wire.CountOf("SUBSCRIBE");

    public Subscription Watch(string extension = "101")
    {
        var subscription = Gateway.Subscriptions.TryAdd(Gateway.Trunks[0], extension, Wire.Now)!;
        Run();
        return subscription;
    }

    public void Run(double seconds = 0.05)
    {
        Wire.Run(seconds);
        while (Gateway.Subscriptions.TryPollChange(out var change))
            States.Add(change.State);
    }

    /// <summary>Answers the last SUBSCRIBE.</summary>
    public void Respond(int status, params (string Name, string Value)[] headers)
    {
        Peer.Respond(LastSubscribe, status, "pbx", null, headers);
        Run();
    }

    public void Accept(uint expires = 300) => Respond(200, ("Expires", $"{expires}"));

    /// <summary>Sends a NOTIFY in the dialog of the last SUBSCRIBE and returns the status of its answer.</summary>
    public int Notify(
        string? body = null, string state = "active;expires=300", uint? sequence = null, string tag = "pbx", string? toTag = null,
        string contentType = DialogInfoReader.ContentType, string @event = "dialog", string? callId = null)
    {
        var number = sequence ?? ++_sequence;
        var notify = new SipRequest(SipMethod.Notify, SipUri.Create("gw", new HostPort("10.0.0.1", 5060)));
        notify.Headers.Add("Via", $"SIP/2.0/UDP {Pbx};branch=z9hG4bKn{number}{tag}{Wire.Log.Count}");
        notify.Headers.Add("From", $"<sip:101@10.0.0.2>;tag={tag}");
        notify.Headers.Add("To", $"<sip:10.0.0.1>;tag={toTag ?? LastSubscribe.FromTag}");
        notify.Headers.Add("Call-ID", callId ?? LastSubscribe.CallId);
        notify.Headers.Add("CSeq", $"{number} NOTIFY");
        notify.Headers.Add("Contact", $"<sip:101@{Pbx}>");
        notify.Headers.Add("Event", @event);
        notify.Headers.Add("Subscription-State", state);
        if (body is not null)
            notify.SetBody(Encoding.UTF8.GetBytes(body), contentType);
        Wire.Send(SipBench.Address(Pbx), Gateway.Address, SipWriter.Write(notify));
        Run();
        return Peer.LastResponse.StatusCode;
    }

    public static string Full(uint version, params string[] dialogs) => Document(version, "full", dialogs);

    public static string Partial(uint version, params string[] dialogs) => Document(version, "partial", dialogs);

    public static string Dialog(string id, string state, string? direction = null) =>
        $"<dialog id=\"{id}\"{(direction is null ? "" : $" direction=\"{direction}\"")}><state>{state}</state></dialog>";

    /// <summary>The time from one moment to another SUBSCRIBE, in seconds.</summary>
    public double SecondsToNext(double most)
    {
        var (count, from) = (Subscribes, Wire.Now);
        while (Subscribes == count && Wire.Now - from < TimeSpan.FromSeconds(most))
            Run(0.25);
        Assert.True(Subscribes > count, $"no SUBSCRIBE within {most} s");
        return (Wire.Log.Last(sent => sent.IsRequest("SUBSCRIBE")).At - from).TotalSeconds;
    }

    private static string Document(uint version, string kind, string[] dialogs) =>
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" "
        + $"version=\"{version}\" state=\"{kind}\" entity=\"sip:101@10.0.0.2\">{string.Concat(dialogs)}</dialog-info>";
}
