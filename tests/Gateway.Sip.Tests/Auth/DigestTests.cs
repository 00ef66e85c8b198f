using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Testing;

namespace Gateway.Sip.Tests.Auth;

public sealed class DigestTests
{
    private readonly VirtualClock _clock = new();
    private readonly DigestServer _server = new("gateway.example", new SeededEntropy(1), TimeSpan.FromMinutes(1));
    private readonly DigestClient _client = new(new SipCredentials("alice", "pass:word"), new SeededEntropy(2));

    /// <summary>RFC 7616 §3.9.1 for both algorithms, and RFC 2617 §3.5.</summary>
    [Theory]
    [InlineData(DigestAlgorithm.Md5, "Circle of Life", "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData(DigestAlgorithm.Sha256, "Circle of Life", "http-auth@example.org", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    [InlineData(DigestAlgorithm.Md5, "Circle Of Life", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b",
        "6629fae49393a05397450978507c4ef1")]
    public void The_published_examples_come_out(
        DigestAlgorithm algorithm, string password, string realm, string nonce, string clientNonce, string expected)
    {
        var proof = new DigestProof("/dir/index.html", nonce, "00000001", clientNonce);
        Assert.Equal(expected, DigestHash.Response(algorithm, "Mufasa", realm, password, "GET", proof));
    }

    [Fact]
    public void A_challenge_without_qop_is_answered_as_rfc_2069_says()
    {
        // RFC 2069 §2.4 as corrected by its erratum 749.
        var proof = new DigestProof("/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", null, null);
        Assert.Equal("1949323746fe6a43ef61f9606e7febea", DigestHash.Response(
            DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "CircleOfLife", "GET", proof));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Client_and_server_agree_on_the_strongest_algorithm(bool asProxy)
    {
        var request = Request();
        var challenge = _server.Challenge(request, "t", _clock.Now, isStale: false, asProxy);
        Assert.Equal(asProxy ? 407 : 401, challenge.StatusCode);
        Assert.Equal(DigestOutcome.Answered, _client.Answer(challenge, request));
        var header = Assert.Single(request.Headers.All(asProxy ? "Proxy-Authorization" : "Authorization"));
        Assert.Contains("algorithm=SHA-256", header, StringComparison.Ordinal);
        Assert.Equal(DigestVerdict.Accepted, Verify(request, asProxy));
    }

    [Fact]
    public void A_replayed_proof_is_stale()
    {
        var request = Authorized();
        Assert.Equal(DigestVerdict.Accepted, Verify(request));
        Assert.Equal(DigestVerdict.Stale, Verify(request));
    }

    [Fact]
    public void Later_requests_carry_credentials_unasked_with_a_growing_count()
    {
        Assert.Equal(DigestVerdict.Accepted, Verify(Authorized()));
        for (var i = 2; i < 5; i++)
        {
            var next = Request();
            _client.Preempt(next);
            Assert.Contains($"nc=0000000{i}", next.Headers["Authorization"]!, StringComparison.Ordinal);
            Assert.Equal(DigestVerdict.Accepted, Verify(next));
        }
    }

    [Fact]
    public void An_expired_nonce_is_answered_again_when_it_was_used_before()
    {
        Assert.Equal(DigestVerdict.Accepted, Verify(Authorized()));
        _clock.Advance(TimeSpan.FromMinutes(2));
        var request = Request();
        _client.Preempt(request);
        Assert.Equal(DigestVerdict.Stale, Verify(request));
        Assert.Equal(DigestOutcome.Answered, _client.Answer(_server.Challenge(request, "t", _clock.Now, isStale: false), request));
        Assert.Equal(DigestVerdict.Accepted, Verify(request));
    }

    [Fact]
    public void A_wrong_password_is_not_tried_twice()
    {
        var client = new DigestClient(new SipCredentials("alice", "wrong"), new SeededEntropy(3));
        var request = Request();
        Assert.Equal(DigestOutcome.Answered, client.Answer(_server.Challenge(request, "t", _clock.Now, isStale: false), request));
        Assert.Equal(DigestVerdict.Wrong, Verify(request));
        Assert.Equal(DigestOutcome.Refused, client.Answer(_server.Challenge(request, "t", _clock.Now, isStale: false), request));
    }

    [Fact]
    public void A_proof_serves_only_its_own_uri_and_method()
    {
        var request = Authorized();
        var moved = new SipRequest(SipMethod.Invite, SipUri.Create("900123", new HostPort("gateway.example")));
        moved.Headers.CopyFrom(request.Headers, "Authorization");
        Assert.Equal(DigestVerdict.Wrong, Verify(moved));
        var other = new SipRequest(SipMethod.Refer, request.Uri);
        other.Headers.CopyFrom(request.Headers, "Authorization");
        Assert.Equal(DigestVerdict.Wrong, Verify(other));
    }

    [Fact]
    public void Credentials_count_only_by_an_algorithm_that_was_challenged_with()
    {
        var strict = new DigestServer("gateway.example", new SeededEntropy(1), TimeSpan.FromMinutes(1), [DigestAlgorithm.Sha256]);
        var challenge = strict.Challenge(Request(), "t", _clock.Now, isStale: false);
        Assert.Contains("SHA-256", Assert.Single(challenge.Headers.All("WWW-Authenticate")), StringComparison.Ordinal);
        challenge.Headers["WWW-Authenticate"] = challenge.Headers["WWW-Authenticate"]!.Replace("SHA-256", "MD5", StringComparison.Ordinal);
        var downgraded = Request();
        Assert.Equal(DigestOutcome.Answered, _client.Answer(challenge, downgraded));
        Assert.Equal(DigestVerdict.Wrong, strict.Verify(downgraded, _ => new DigestSecrets { Password = "pass:word" }, _clock.Now));
    }

    [Fact]
    public void Forged_nonces_and_unknown_users_are_refused()
    {
        var request = Authorized();
        var text = request.Headers["Authorization"]!;
        var nonce = text[(text.IndexOf("nonce=\"", StringComparison.Ordinal) + 7)..][..64];
        request.Headers["Authorization"] = text.Replace(nonce, new string('0', 64), StringComparison.Ordinal);
        Assert.Equal(DigestVerdict.Stale, Verify(request));
        Assert.Equal(DigestVerdict.Wrong, _server.Verify(Authorized(), _ => null, _clock.Now));
    }

    [Fact]
    public void Every_realm_of_a_response_is_answered_and_unknown_schemes_are_skipped()
    {
        var response = new SipResponse(407);
        response.Headers.Add("Proxy-Authenticate", "Bearer realm=\"x\"");
        response.Headers.Add("Proxy-Authenticate", "Digest realm=\"one\", nonce=\"a\", algorithm=SHA3-512, qop=\"auth\"");
        response.Headers.Add("Proxy-Authenticate", "Digest realm=\"one\",nonce=\"b\" , qop=\"auth-int, auth\",opaque=\"o,\\\"x\"");
        response.Headers.Add("Proxy-Authenticate", "Digest realm=\"two\", nonce=\"c\", algorithm=md5");
        var request = Request();
        Assert.Equal(DigestOutcome.Answered, _client.Answer(response, request));
        var answers = request.Headers.All("Proxy-Authorization")
            .Select(text => DigestCredentials.TryParse(text, out var c) ? c : null).ToList();
        Assert.Equal(["one", "two"], answers.Select(answer => answer!.Realm));
        Assert.Equal(["b", "c"], answers.Select(answer => answer!.Nonce));
        Assert.Equal("o,\"x", answers[0]!.Opaque);
        Assert.Null(answers[1]!.NonceCount);
    }

    [Fact]
    public void A_challenge_nobody_here_can_answer_is_unsupported()
    {
        var response = new SipResponse(401);
        response.Headers.Add("WWW-Authenticate", "Digest realm=\"one\", nonce=\"a\", qop=\"auth-conf\"");
        Assert.Equal(DigestOutcome.Unsupported, _client.Answer(response, Request()));
    }

    /// <summary>RFC 7616 §3.4, computed with OpenSSL's hashes.</summary>
    [Theory]
    [InlineData("SHA-512-256", "auth", "0751ddd91a648c123af7d6a3c1a6b1b645327b76b1c2d8724a166851c169f777")]
    [InlineData("MD5-sess", "auth", "c5131b6a9bc7355f395a31b6eadb0442")]
    [InlineData("MD5-sess", null, "3eb87d658976132a9d4244a131fc4ee2")]
    [InlineData("MD5", "auth-int", "b40b219d67f16d2b5b3b6990f6fa101f")]
    [InlineData("SHA-256-sess", "auth-int", "7c97529b8021b2e2e41eb7e4e40400ea39f264a171641173caebdc6b50630845")]
    [InlineData("SHA-512-256-sess", "auth-int", "886dea866afc8245e4040fd7710e48e2915516f1732a99ad48ccde0fb1b4d48b")]
    public void All_algorithms_and_protections_come_out_as_computed_elsewhere(string algorithm, string? qop, string expected)
    {
        Assert.True(DigestHash.TryParse(algorithm, out var hash, out var isSession));
        Assert.Equal(algorithm, hash.Name(isSession));
        var kind = qop switch { "auth" => DigestQop.Auth, "auth-int" => DigestQop.AuthInt, _ => DigestQop.None };
        var proof = new DigestProof("sip:100@pbx", "nonce", qop is null ? null : "00000001", "client", kind, isSession);
        Assert.Equal(expected, DigestHash.Response(hash, "alice", "pbx", "secret", "INVITE", proof, "v=0\r\n"u8));
    }

    [Theory]
    [InlineData("Digest realm=\"r\", nonce=\"n\", algorithm=MD5, " +
        "qop=\"auth\"", "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"", "SHA-256", "auth")]
    [InlineData("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256-sess, " +
        "qop=\"auth\"", "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"", "SHA-512-256-sess", "auth")]
    [InlineData("Digest realm=\"r\", nonce=\"n\", algorithm=MD5, Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, " +
        "qop=auth", null, "SHA-256", "auth")]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=auth,auth-int, algorithm=\"md5-SESS\",", null, "MD5-sess", "auth")]
    [InlineData("Digest realm=r,nonce=n,,qop=\"auth-int\" , stale=FALSE", null, "MD5", "auth-int")]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=\"\"", null, "MD5", null)]
    [InlineData("Digest realm=\"r\", nonce=\"n\", qop=\"token, auth-int\"", null, "MD5", "auth-int")]
    [InlineData("Negotiate", "digest realm=\"r\" , nonce=\"n\",domain=\"sip:a sip:b\",auth-param=\"x\"", "MD5", null)]
    public void The_strongest_challenge_is_answered_however_it_is_written(string first, string? second, string algorithm, string? qop)
    {
        var response = new SipResponse(401);
        response.Headers.Add("WWW-Authenticate", first);
        if (second is not null)
            response.Headers.Add("WWW-Authenticate", second);
        var request = Request();
        Assert.Equal(DigestOutcome.Answered, _client.Answer(response, request));
        Assert.True(DigestCredentials.TryParse(Assert.Single(request.Headers.All("Authorization")), out var answer));
        Assert.Equal((algorithm, qop), (answer.Algorithm.Name(
            answer.IsSession), answer.Qop switch { DigestQop.None => null, DigestQop.Auth => "auth", _ => "auth-int" }));
    }

    [Fact]
    public void The_next_nonce_that_a_server_names_is_used_and_its_count_begins_anew()
    {
        var first = Authorized();
        var accepted = SipResponse.CreateFor(first, 200, "t");
        accepted.Headers.Add("Authentication-Info", "nextnonce=\"abc\", qop=auth, rspauth=\"0\"");
        _client.TakeNextNonce(accepted, first);
        for (var count = 1; count < 3; count++)
        {
            var next = Request();
            _client.Preempt(next);
            Assert.Contains($"nonce=\"abc\"", next.Headers["Authorization"]!, StringComparison.Ordinal);
            Assert.Contains($"nc=0000000{count}", next.Headers["Authorization"]!, StringComparison.Ordinal);
            _client.TakeNextNonce(accepted, next); // the same again changes nothing
        }
    }

    [Fact]
    public void A_realm_that_changed_stands_before_the_old_one()
    {
        Authorized();
        var response = new SipResponse(401);
        response.Headers.Add("WWW-Authenticate", "Digest realm=\"new\", nonce=\"n\"");
        var request = Request();
        _client.Preempt(request);
        Assert.Equal(DigestOutcome.Answered, _client.Answer(response, request));
        Assert.Contains("realm=\"new\"", request.Headers["Authorization"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sip:100@gateway.example;transport=tcp")]
    [InlineData("sip:100@gateway.example:5080")]
    [InlineData("sips:100@gateway.example")]
    [InlineData("sip:100@192.0.2.1")]
    [InlineData("sip:+100@pbx.example;user=phone")]
    [InlineData("sip:%31%300@pbx.example")]
    [InlineData("sip:1-0-0@pbx.example")]
    [InlineData("sip:100;phone-context=x@pbx.example")]
    [InlineData("tel:100")]
    public void A_proof_serves_the_same_resource_under_another_name(string uri)
    {
        var request = Authorized();
        Assert.True(SipUri.TryParse(uri, out var rewritten));
        request.Uri = rewritten;
        Assert.Equal(DigestVerdict.Accepted, Verify(request));
    }

    [Theory]
    [InlineData("sip:1000@gateway.example")]
    [InlineData("sip:gateway.example")]
    [InlineData("tel:101")]
    [InlineData("http:100")]
    public void A_proof_serves_no_other_resource(string uri)
    {
        var request = Authorized();
        Assert.True(SipUri.TryParse(uri, out var rewritten));
        request.Uri = rewritten;
        Assert.Equal(DigestVerdict.Wrong, Verify(request));
    }

    /// <summary>Around the ends of a block, as OpenSSL hashes that many times "a".</summary>
    [Theory]
    [InlineData(0, "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")]
    [InlineData(3, "98820cb49789c71591cf13d42961396dac416444004014ad40b9248f25eb9a84")]
    [InlineData(111, "0239e429f98d0ed61ee8e2a7c30afe98c1c3a80ce5dff62a107e9c538f7632ce")]
    [InlineData(112, "9216b5303edb66504570bee90e48ea5beaa5e9fe9f760bbd3e0460559fc005f6")]
    [InlineData(127, "2fe3b2a6ee7e12f6fe4ba82166541ad9b4ed882c493581cbe300d68f3757b778")]
    [InlineData(128, "b88f97e274f9c1d49f181c8cbd01a9c74930ad055a46ac4499a1d601f1c80bf2")]
    [InlineData(129, "fb9035c9009ed4a60e37510339ebdb1c771339f30aa581d5dea3690a524c23f1")]
    [InlineData(1000, "40eb4a70d4d69815407a9e272f0101cd67e3d11262a4a0bfc087712749c7fb53")]
    public void Sha_512_256_hashes_texts_of_any_length(int length, string expected)
    {
        Assert.Equal(expected, Convert.ToHexStringLower(Sha512256.HashData(Enumerable.Repeat((byte)'a', length).ToArray())));
    }

    [Fact]
    public void Secrets_do_not_appear_in_text()
    {
        Assert.DoesNotContain("pass", new SipCredentials("alice", "pass:word").ToString(), StringComparison.Ordinal);
        Assert.True(DigestCredentials.TryParse(Authorized().Headers["Authorization"]!, out var credentials));
        Assert.DoesNotContain(credentials.Response, credentials.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Digest")]
    [InlineData("Digest ")]
    [InlineData("Digest username")]
    [InlineData("Digest username=")]
    [InlineData("Digest username=\"a")]
    [InlineData("Digest username=\"a\",")]
    [InlineData("Digest username=\"a\", username=\"b\"")]
    [InlineData("Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0\", qop=auth, nc=0, cnonce=\"c\"")]
    [InlineData("Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"0\", qop=auth, nc=00000000, cnonce=\"c\"")]
    [InlineData("Basic YTpi")]
    public void Malformed_credentials_are_as_good_as_none(string text)
    {
        Assert.False(DigestCredentials.TryParse(text, out _));
        var request = Request();
        request.Headers.Add("Authorization", text);
        Assert.Equal(DigestVerdict.Missing, Verify(request));
    }

    private static SipRequest Request() => new(SipMethod.Invite, SipUri.Create("100", new HostPort("gateway.example")));

    private SipRequest Authorized()
    {
        var request = Request();
        Assert.Equal(DigestOutcome.Answered, _client.Answer(_server.Challenge(request, "t", _clock.Now, isStale: false), request));
        return request;
    }

    private DigestVerdict Verify(SipRequest request, bool asProxy = false) =>
        _server.Verify(request, user => user == "alice" ? new DigestSecrets { Password = "pass:word" } : null, _clock.Now, asProxy);
}
