using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>
/// Messages of a known trunk that are damaged, senseless, out of order or too many: nothing throws, nothing grows, other calls survive.
/// </summary>
public class HostileMessageTests
{
    private static readonly string[] Methods =
        ["INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "REFER", "OPTIONS", "NOTIFY", "REGISTER", "X"];
    private static readonly int[] Statuses =
        [100, 180, 183, 199, 200, 202, 299, 302, 401, 407, 408, 422, 423, 481, 486, 487, 491, 500, 503, 603, 699];

    private static readonly string[] Extras =
    [
        "Require: 100rel", "RSeq: 1", "RSeq: 4294967295", "RAck: 1 1 INVITE", "RAck: x", "Session-Expires: 90;refresher=uas",
        "Session-Expires: 0", "Min-SE: 4294967295", "Supported: timer, 100rel, replaces", "Replaces: c1;to-tag=a;from-tag=b",
        "Refer-To: <sip:x@10.0.0.2>", "Refer-To: <sip:x@10.0.0.2>, <sip:y@h>",
        "Contact: <sip:evil@[::1]:99999>", "Contact: *", "Contact: <tel:123>", "Contact: <sip:a@10.0.0.2;transport=sctp>",
        "Record-Route: <sip:r;lr>", "Route: <sip:r>", "Proxy-Authenticate: Digest realm=\"a\", nonce=\"b\"", "WWW-Authenticate: Digest",
        "Retry-After: -1", "Content-Type: application/sdp", "Content-Type: multipart/mixed; boundary=b",
        "Content-Type: application/dtmf-relay", "Reason: Q.850;cause=99999999999", "Max-Forwards: 0", "Expires: 0",
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nothing_a_trunk_sends_breaks_the_agent_or_another_call(int seed)
    {
        var bench = new SipBench(seed) { IsTolerant = true };
        var gateway = bench.AddAgent(
            "10.0.0.1:5060", SipBench.Trunk("10.0.0.2:5060") with { Credentials = new SipCredentials("a", "b"), MaxRedirects = 2 },
            SipBench.Trunk("10.0.0.3:5060"));
        var neighbour = bench.AddAgent("10.0.0.3:5060", SipBench.Trunk("10.0.0.1:5060"));
        var hostile = bench.AddPeer("10.0.0.2:5060");
        neighbour.Invite();
        bench.Run();
        var good = gateway.Incoming[0];
        gateway.Do(good, (s, now) => s.Answer("answer", now));

        var entropy = new SeededEntropy(seed);
        for (var i = 0; i < 1500; i++)
        {
            if (i % 10 == 0)
                gateway.Invite(i % 20 == 0 ? "offer" : null);
            Inject(gateway.Agent, bench.Now, Compose(hostile, gateway, entropy));
            Act(gateway, entropy);
            bench.Run(TimeSpan.FromMilliseconds(entropy.NextUInt32() % 200));
        }
        Assert.False(good.IsOver);

        foreach (var call in gateway.Agent.Sessions.Where(session => session != good).ToArray())
            gateway.HangUp(call);
        bench.Run(300);
        // not the sessions: a failure would print their whole graph
        Assert.Equal([good.Info.CallId], gateway.Agent.Sessions.Select(session => session.Info.CallId));
        Assert.Equal((0, 0, 1), (gateway.Agent.Layer.Clients.Count, gateway.Agent.Layer.Servers.Count, gateway.Agent.ActiveCalls));
        neighbour.HangUp(neighbour.Agent.Sessions.Single());
        bench.Run();
        Assert.True(good.IsOver);
    }

    private static void Inject(UserAgent agent, Instant now, byte[] bytes)
    {
        var flow = new SipFlow(SipTransport.Udp, SipBench.Address("10.0.0.2:5060"), 0);
        if (SipParser.TryParse(bytes, out var message, out var error))
            agent.HandleMessage(message, flow, now);
        else
            agent.HandleMalformed(error, flow);
    }

    /// <summary>
    /// A message built from the gateway's own ones: sometimes with right tags and branches, so that it reaches the calls.
    /// </summary>
    private static byte[] Compose(ScriptedPeer peer, TestAgent gateway, SeededEntropy entropy)
    {
        var pick = entropy.NextUInt32();
        var text = new StringBuilder();
        var seen = peer.Inbox.Count == 0 ? null : peer.Inbox[^(int)(1 + pick / 7 % Math.Min(peer.Inbox.Count, 30))];
        if (pick % 3 != 0 && seen is SipRequest request)
        {
            var status = Statuses[pick / 11 % Statuses.Length];
            text.Append($"SIP/2.0 {status} X\r\n");
            foreach (var name in (string[])["Via", "From", "Call-ID", "CSeq"])
                text.Append($"{name}: {request.Headers[name]}\r\n");
            text.Append($"To: {request.To}{(request.ToTag.Length == 0 ? $";tag=fork{pick % 4}" : "")}\r\n");
        }
        else
        {
            var method = Methods[pick / 13 % Methods.Length];
            var session = gateway.Agent.Sessions.ElementAt((int)(pick / 17 % (uint)gateway.Agent.Sessions.Count()));
            text.Append($"{method} sip:gw@10.0.0.1 SIP/2.0\r\n");
            text.Append($"Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK{pick % 50}\r\n");
            text.Append(
                $"From: <sip:p@10.0.0.2>;tag=fork{pick % 4}\r\nCall-ID: " +
                $"{(pick % 5 == 0 ? $"c{pick % 9}" : session.Info.CallId)}\r\nCSeq: {pick % 40} {method}\r\n");
            text.Append(pick % 4 == 0 ? "To: <sip:gw@10.0.0.1>\r\n" : $"To: <sip:gw@10.0.0.1>;tag={session.LocalTag}\r\n");
        }
        for (var i = 0; i < pick % 5; i++)
            text.Append(Extras[entropy.NextUInt32() % Extras.Length]).Append("\r\n");
        if (pick % 6 != 0)
            text.Append("Contact: <sip:p@10.0.0.2>\r\n");
        text.Append(pick % 2 == 0 ? "\r\n" : "Content-Type: application/sdp\r\n\r\nsdp" + pick % 3);
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        for (var i = 4; i < (int)(pick / 19 % 8); i++) // half of the messages arrive damaged
            bytes[entropy.NextUInt32() % bytes.Length] = (byte)entropy.NextUInt32();
        return bytes;
    }

    /// <summary>Random actions of the owner, at valid and invalid moments.</summary>
    private static void Act(TestAgent gateway, SeededEntropy entropy)
    {
        var pick = entropy.NextUInt32();
        var session = gateway.Agent.Sessions.ElementAt((int)(pick / 8 % (uint)gateway.Agent.Sessions.Count()));
        if (session == gateway.Incoming[0])
            return;
        gateway.Do(session, (s, now) =>
        {
            switch (pick % 12)
            {
                case 0: s.Answer("sdp0", now); break;
                case 1: s.Provisional(183, "sdp1", now); break;
                case 2: s.AcceptOffer("sdp2", now); break;
                case 3: s.RejectOffer(488, now); break;
                case 4: s.Offer("sdp3", now); break;
                case 5: s.Reject(486, null, null, null, now); break;
                case 6: s.NotifyTransfer(200, "OK", now); break;
                case 7: s.SendDigit('5', TimeSpan.FromMilliseconds(100), now); break;
                case 8: s.HangUp(null, null, SipCallEnd.Local, now); break;
                default: break;
            }
        });
    }
}
