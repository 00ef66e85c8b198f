using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Tests.Dialogs;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Auth;

/// <summary>
/// A PBX that challenges, seen on the wire: for every kind of nonce and every request, the right password is accepted,
/// and a wrong one is sent once for each request.
/// </summary>
public sealed class ChallengedRequestTests
{
    private const string Md5 = "Digest realm=\"pbx\", nonce=\"NONCE\"";
    private const string WithQop = "Digest realm=\"pbx\", nonce=\"NONCE\", algorithm=MD5, qop=\"auth\"";
    private const string Integrity = "Digest realm=\"pbx\", nonce=\"NONCE\", algorithm=SHA-256-sess, qop=\"auth-int\", opaque=\"x\"";

    private readonly SipBench _bench = new();
    private readonly ScriptedPeer _pbx;
    private readonly TestAgent _gateway;
    private readonly HashSet<string> _alive = [];
    private int _answered;
    private int _nonces;
    private int _proofs;

    public ChallengedRequestTests()
    {
        _pbx = _bench.AddPeer("10.0.0.2:5060");
        _gateway = _bench.AddAgent("10.0.0.1:5060", SipBench.Trunk(
            "10.0.0.2:5060", profile => profile with { RegisterExpires = 60, Refer = Gateway.Sip.Profiles.ReferPolicy.Accept })
            with { Credentials = new SipCredentials("alice", "secret"), RegisterUser = "alice" });
    }

    /// <summary>The challenge of the PBX, with or without marking an old nonce as stale.</summary>
    public static TheoryData<string, bool, bool> Challenges => new()
    {
        { Md5, false, false }, { Md5, true, false }, { Md5, false, true }, { WithQop, false, false }, { WithQop, true, true },
        { Integrity, false, false }, { Integrity, false, true },
    };

    [Theory]
    [MemberData(nameof(Challenges))]
    public void Every_request_gets_through_although_each_transaction_has_a_nonce_of_its_own(string challenge, bool saysStale, bool asProxy)
    {
        var registration = new Registration(_gateway.Trunks[0], _gateway.Agent.Core, "alice", _bench.Now);
        for (var call = 0; call < 3; call++)
        {
            Serve(challenge, saysStale, asProxy, registration, seconds: 40);
            Assert.True(registration.IsRegistered);
            var session = _gateway.Invite();
            Serve(challenge, saysStale, asProxy);
            Assert.NotNull(_gateway.Last<SipCallEvent.Answered>(session));
            _gateway.Do(session, (s, now) => s.SendDigit('5', TimeSpan.FromMilliseconds(100), now));
            _gateway.Do(session, (s, now) => s.Offer("another offer", now));
            _pbx.Request(
                _gateway.Address, "REFER", session.Info.CallId, 7, "callee", session.LocalTag, headers: ("Refer-To", "<sip:9@10.0.0.2>"));
            Serve(challenge, saysStale, asProxy);
            Assert.NotNull(_gateway.Last<SipCallEvent.AnswerReceived>(session));
            _gateway.Do(session, (s, now) => s.NotifyTransfer(200, "OK", now));
            _gateway.HangUp(session);
            Serve(challenge, saysStale, asProxy);
        }
        foreach (var method in (string[])["INVITE", "INFO", "NOTIFY", "BYE", "REGISTER"])
            Assert.True(_bench.CountOf(200, method) >= 3, method);
        var opened = _bench.Log.Where(
            sent => sent.Message.CSeq.Method != SipMethod.Ack && sent.From == _gateway.Address && sent.Message is SipRequest).ToList();
        Assert.True(_proofs <= opened.Count);
    }

    [Theory]
    [InlineData(Md5)]
    [InlineData(WithQop)]
    public void A_wrong_password_is_proved_once_for_each_request(string challenge)
    {
        for (var call = 0; call < 3; call++)
        {
            var session = _gateway.Invite();
            Serve(challenge, false, false, password: "other");
            Assert.Equal(401, _gateway.Last<SipCallEvent.Failed>(session)!.Status);
            Assert.Equal(2 * (call + 1), _bench.CountOf("INVITE"));
        }
    }

    [Fact]
    public void A_server_that_calls_every_nonce_stale_is_given_up()
    {
        var session = _gateway.Invite();
        Serve(WithQop + ", stale=true", true, false, password: "other");
        Assert.Equal(401, _gateway.Last<SipCallEvent.Failed>(session)!.Status);
        Assert.InRange(_bench.CountOf("INVITE"), 3, 6);
    }

    [Fact]
    public void A_proxy_and_the_server_behind_it_are_both_answered()
    {
        var session = _gateway.Invite();
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 407, "x", null, ("Proxy-Authenticate", "Digest realm=\"one\", nonce=\"a\""));
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 401, "x", null, ("WWW-Authenticate", "Digest realm=\"one\", nonce=\"b\", qop=\"auth\""));
        _bench.Run();
        Assert.Contains("nonce=\"a\"", _pbx.Last("INVITE").Headers["Proxy-Authorization"], StringComparison.Ordinal);
        Assert.Contains("nonce=\"b\"", _pbx.Last("INVITE").Headers["Authorization"], StringComparison.Ordinal);
        _pbx.Respond(_pbx.Last("INVITE"), 407, "x", null, ("Proxy-Authenticate", "Digest realm=\"one\", nonce=\"c\", stale=TRUE"));
        _bench.Run();
        _pbx.Respond(_pbx.Last("INVITE"), 200, "callee", "answer");
        _bench.Run();
        Assert.NotNull(_gateway.Last<SipCallEvent.Answered>(session));
        Assert.Contains("nonce=\"b\"", _bench.LastRequest("ACK").Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_bye_to_a_fork_that_was_not_wanted_is_authorized_too()
    {
        _gateway.Invite();
        _bench.Run();
        var invite = _pbx.Last("INVITE");
        _pbx.Respond(invite, 200, "one", "answer");
        _pbx.Respond(invite, 200, "two", "answer");
        _bench.Run();
        _pbx.Respond(_pbx.Last("BYE"), 401, null, null, ("WWW-Authenticate", "Digest realm=\"pbx\", nonce=\"a\""));
        _bench.Run();
        Assert.Equal(("two", true), (_pbx.Last("BYE").ToTag, _pbx.Last("BYE").Headers.Contains("Authorization")));
    }

    /// <summary>Runs the PBX: each nonce is good for one response.</summary>
    private void Serve(
        string challenge, bool saysStale, bool asProxy, Registration? registration = null, int seconds = 2, string password = "secret")
    {
        for (var step = 0; step < seconds * 10; step++)
        {
            registration?.HandleDeadline(_bench.Now);
            _gateway.Flush();
            _bench.Run(0.1);
            for (; _answered < _pbx.Inbox.Count; _answered++)
            {
                if (_pbx.Inbox[_answered] is SipRequest request && request.Method != SipMethod.Ack)
                    Answer(request, challenge, saysStale, asProxy, password);
            }
        }
    }

    private void Answer(SipRequest request, string challenge, bool saysStale, bool asProxy, string password)
    {
        var text = request.Headers[asProxy ? "Proxy-Authorization" : "Authorization"];
        var isProved = DigestCredentials.TryParse(text ?? "", out var tried) && IsRight(tried, request, password);
        _proofs += isProved ? 1 : 0;
        if (isProved && _alive.Remove(tried!.Nonce))
        {
            _pbx.Respond(request, 200, request.ToTag.Length == 0 ? "callee" : null, request.Body.IsEmpty
                || request.Method != SipMethod.Invite ? null : "answer " + request.CSeq.Number);
            return;
        }
        var nonce = $"n{++_nonces}";
        _alive.Add(nonce);
        var value = challenge.Replace("NONCE", nonce, StringComparison.Ordinal) + (saysStale && isProved ? ", stale=true" : "");
        _pbx.Respond(request, asProxy ? 407 : 401, null, null, (asProxy ? "Proxy-Authenticate" : "WWW-Authenticate", value));
    }

    private static bool IsRight(DigestCredentials tried, SipRequest request, string password)
    {
        var proof = new DigestProof(
            tried.Uri, tried.Nonce, tried.NonceCount?.ToString("x8"), tried.ClientNonce, tried.Qop, tried.IsSession);
        return tried.Uri == request.Uri.ToString()
            && tried.Response == DigestHash.Response(
                tried.Algorithm, "alice", "pbx", password, request.Method.Name, proof, request.Body.Span);
    }
}
