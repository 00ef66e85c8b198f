using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Testing;

namespace Gateway.Sip.Tests.Messages;

/// <summary>
/// All 49 messages of RFC 4475 with a verdict each. Where the RFC leaves the choice to the receiver, the comment names the choice.
/// </summary>
public sealed class Rfc4475Tests
{
    private const int Accepted = 0;
    private const int Dropped = -1;

    /// <summary>A user agent and registrar that accepts SDP and text: the element that the RFC's verdicts refer to.</summary>
    private static readonly SipCapabilities Capabilities = new(
        [
            SipMethod.Invite, SipMethod.Ack, SipMethod.Bye, SipMethod.Cancel, SipMethod.Options, SipMethod.Register, SipMethod.Prack,
            SipMethod.Update,
            SipMethod.Message,
        ],
        ["100rel", "timer", "replaces"],
        [MediaType.Sdp, "text/plain"]);

    private static readonly Dictionary<string, int> Verdicts = new()
    {
        // §3.1.1 valid
        ["wsinv"] = Accepted,
        ["intmeth"] = 501, // well formed; the method is unknown
        ["esc01"] = Accepted,
        ["escnull"] = Accepted,
        ["esc02"] = 501, // RE%47IST%45R is not REGISTER
        ["lwsdisp"] = Accepted,
        ["longreq"] = Accepted,
        ["dblreq"] = Accepted, // the second request in the datagram is noise
        ["semiuri"] = Accepted,
        ["transports"] = Accepted,
        ["mpart01"] = Accepted,
        ["unreason"] = Accepted,
        ["noreason"] = Accepted,
        // §3.1.2 invalid
        ["badinv01"] = 400,
        ["clerr"] = 400,
        ["ncl"] = 400,
        ["scalar02"] = 400,
        ["scalarlg"] = Dropped,
        ["quotbal"] = Accepted, // the missing quote is inferred: an INVITE is not lost for a display name
        ["ltgtruri"] = 400,
        ["lwsruri"] = 400,
        ["lwsstart"] = 400,
        ["trws"] = 400,
        ["escruri"] = 400,
        ["baddate"] = Accepted, // may be accepted by an element that does not read Date
        ["regbadct"] = 400,
        ["badaspec"] = Accepted, // may be read without the blanks
        ["baddn"] = Accepted, // may be read as if it were quoted
        ["badvers"] = 505,
        ["mismatch01"] = 400,
        ["mismatch02"] = 400, // or 501
        ["bigcode"] = Dropped,
        // §3.2 transaction layer, §3.3 application layer, §3.4 backward compatibility
        ["badbranch"] = Accepted,
        ["insuf"] = 400,
        ["unkscm"] = 416,
        ["novelsc"] = 416,
        ["unksm2"] = Accepted, // the registrar refuses it: To is none of its addresses
        ["bext01"] = 420,
        ["invut"] = 415,
        ["regaut01"] = Accepted, // then challenged: see below
        ["multi01"] = 400,
        ["mcl01"] = 400,
        ["bcast"] = Dropped,
        ["zeromf"] = Accepted, // by an element that does not forward it
        ["cparam01"] = Accepted,
        ["cparam02"] = Accepted,
        ["regescrt"] = Accepted,
        ["sdp01"] = 406,
        ["inv2543"] = Accepted,
    };

    public static TheoryData<string> Names => [.. Verdicts.Keys];

    [Fact]
    public void Every_message_of_the_rfc_has_a_verdict()
    {
        Assert.Equal(49, Verdicts.Count);
        Assert.Equal(Verdicts.Keys.Order(StringComparer.Ordinal), TortureMessage.Names);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_verdict_is_the_one_of_the_rfc(string name)
    {
        var (verdict, answer) = Judge(TortureMessage.Read(name));
        Assert.Equal(Verdicts[name], verdict);
        if (verdict > 0)
        {
            Assert.Equal(verdict, answer!.StatusCode);
            Assert.NotEmpty(answer.Headers.All("Via"));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_was_accepted_is_written_and_read_again_without_loss(string name)
    {
        if (!SipParser.TryParse(TortureMessage.Read(name), out var first, out _))
            return;
        var written = SipWriter.Write(first);
        Assert.True(SipParser.TryParse(written, out var second, out var error), error.ToString());
        Assert.Equal(written, SipWriter.Write(second));
        Assert.Equal(first.Body.ToArray(), second.Body.ToArray());
    }

    [Fact]
    public void Wsinv_is_read_through_its_blanks()
    {
        var request = Request("wsinv");
        Assert.Equal("1918181833n", request.ToTag);
        Assert.Equal(("J Rosenberg \\\"", "98asjd8"), (request.From.DisplayName, request.FromTag));
        Assert.Equal(68u, request.Number("Max-Forwards"));
        Assert.Equal(new CSeq(9, SipMethod.Invite), request.CSeq);
        var vias = request.Headers.All("Via").Select(text => ViaHeader.TryParse(text, out var via) ? via : null).ToList();
        Assert.Equal(["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"], vias.Select(via => via!.Branch));
        Assert.Equal(["UDP", "TCP", "UDP"], vias.Select(via => via!.Transport));
        Assert.Equal(["192.0.2.2", "spindle.example.com", "192.168.255.111"], vias.Select(via => via!.SentBy.Host));
        Assert.Equal("newfangled value continued newfangled value", request.Headers["newfangledheader"]);
        Assert.Equal(";;,,;;,;", request.Headers["UnknownHeaderWithUnusualValue"]);
        Assert.True(Assert.Single(request.Routes).Uri.IsLooseRouter);
        var contact = request.Contact!;
        Assert.Equal(
            ("Quoted string \"\"", "newvalue", "0.33"), (contact.DisplayName, contact.Parameters["newparam"], contact.Parameters["q"]));
        Assert.True(contact.Parameters.Has("secondparam"));
        Assert.Equal("", request.Headers["Subject"]);
        Assert.Equal(150, request.Body.Length);
    }

    [Fact]
    public void Intmeth_keeps_every_character()
    {
        var request = Request("intmeth");
        Assert.Equal("!interesting-Method0123456789_*+`.%indeed'~", request.Method.Name);
        Assert.Equal("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", request.Uri.User);
        Assert.Equal("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", request.Uri.EscapedPassword);
        Assert.Equal("example.com", request.Uri.Host);
        Assert.Equal("BEL:\u0007 NUL:\0 DEL:\u007f", request.To.DisplayName);
        Assert.Equal("token1~` token2'+_ token3*%!.-", request.From.DisplayName);
        Assert.Equal(("работающий", "_token~1'+`*%!-."), (request.From.Parameters["fromParam''~+*_!.-%"], request.FromTag));
        Assert.Equal("\uFEFF大停電", request.Headers["extensionHeader-!.%*+_`'~"]);
    }

    [Fact]
    public void Escapes_are_decoded_where_they_are_escapes_and_only_there()
    {
        var esc01 = Request("esc01");
        Assert.Equal(("sips:user@example.com", "example.net"), (esc01.Uri.User, esc01.Uri.Host));
        Assert.Equal("user", esc01.To.Uri.User);
        Assert.Equal("I have spaces", esc01.From.Uri.User);
        Assert.Equal("caller", esc01.Contact!.Uri.User);
        Assert.True(esc01.Contact.Uri.IsLooseRouter);
        Assert.Equal("value%41", esc01.Contact.Uri.Parameters["name"]);

        var escnull = Request("escnull");
        Assert.Equal(["\0", "\0\0"], escnull.Addresses("Contact").Select(contact => contact.Uri.User));
        Assert.False(escnull.Addresses("Contact")[0].Uri.IsEquivalentTo(escnull.Addresses("Contact")[1].Uri));

        var esc02 = Request("esc02");
        Assert.Equal("RE%47IST%45R", esc02.Method.Name);
        Assert.Equal("%Z%45", esc02.To.DisplayName);
        Assert.Equal(2, esc02.Addresses("Contact").Count);
    }

    [Fact]
    public void Addresses_are_taken_apart_as_the_rfc_says()
    {
        Assert.Equal("user;par=u@example.net", Request("semiuri").Uri.User);
        Assert.Equal("caller", Request("lwsdisp").From.DisplayName);
        Assert.Equal("Bell, Alexander", Request("baddn").From.DisplayName);
        Assert.Equal("t.watson", Request("badaspec").To.Uri.User);

        var outside = Request("cparam01").Contact!;
        Assert.True(outside.Parameters.Has("unknownparam") && outside.Uri.Parameters.Count == 0);
        var inside = Request("cparam02").Contact!;
        Assert.True(inside.Uri.Parameters.Has("unknownparam") && inside.Parameters.Count == 0);
        Assert.Equal([("Route", "<sip:sip.example.com>")], Request("regescrt").Contact!.Uri.Headers);

        var foreign = Request("unksm2");
        Assert.Equal(("isbn", "2983792873"), (foreign.To.Uri.Scheme, foreign.To.Uri.Opaque));
        Assert.Equal("http", foreign.From.Uri.Scheme);
    }

    [Fact]
    public void Long_and_many_values_are_read_whole()
    {
        var request = Request("longreq");
        Assert.Equal(34, request.Headers.All("Via").Count());
        Assert.Equal("sip33.example.com", request.TopVia.SentBy.Host);
        Assert.Equal(2 + 150 + 3, request.FromTag.Length);
        Assert.Equal("shortvalue", request.To.Uri.Parameters["longparam" + string.Concat(Enumerable.Repeat("name", 25))]);
        Assert.Equal(6000, request.To.Uri.Port);
        Assert.Equal(150, request.Body.Length);
    }

    [Fact]
    public void Bodies_end_where_content_length_says()
    {
        var register = Request("dblreq");
        Assert.Equal(SipMethod.Register, register.Method);
        Assert.True(register.Body.IsEmpty);
        var message = Request("mpart01");
        Assert.Equal(553, message.Body.Length);
        Assert.True(SipBody.TryFind(message, "text/plain", out var text));
        Assert.Equal("Hello", Encoding.ASCII.GetString(text.Span));
        Assert.True(SipBody.TryFind(message, "application/octet-stream", out var binary));
        Assert.Equal((342, 0x30, 0x05), (binary.Length, binary.Span[0], binary.Span[^1]));
    }

    [Fact]
    public void Reason_phrases_may_be_anything_or_nothing()
    {
        Assert.Equal("= 2**3 * 5**2 но сто девяносто девять - простое", Response("unreason").ReasonPhrase);
        Assert.Equal((100, ""), (Response("noreason").StatusCode, Response("noreason").ReasonPhrase));
    }

    [Fact]
    public void A_branch_that_is_only_the_cookie_is_none()
    {
        Assert.False(Request("badbranch").TopVia.HasUniqueBranch);
        Assert.True(Request("zeromf").TopVia.HasUniqueBranch);
        Assert.False(Request("inv2543").TopVia.HasUniqueBranch);
    }

    [Fact]
    public void Refusals_say_what_would_have_been_understood()
    {
        Assert.Equal("nothingSupportsThis, nothingSupportsThisEither", Judge(TortureMessage.Read("bext01")).Answer!.Headers["Unsupported"]);
        Assert.Equal("application/sdp, text/plain", Judge(TortureMessage.Read("invut")).Answer!.Headers["Accept"]);
        Assert.StartsWith("INVITE, ACK", Judge(TortureMessage.Read("intmeth")).Answer!.Headers["Allow"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_authorization_scheme_is_as_good_as_none()
    {
        var server = new DigestServer("example.com", new SeededEntropy(1), TimeSpan.FromMinutes(1));
        var secrets = new DigestSecrets { Password = "secret" };
        Assert.Equal(DigestVerdict.Missing, server.Verify(Request("regaut01"), _ => secrets, new VirtualClock().Now));
    }

    private static SipRequest Request(string name) => Assert.IsType<SipRequest>(Parse(name));

    private static SipResponse Response(string name) => Assert.IsType<SipResponse>(Parse(name));

    private static SipMessage Parse(string name)
    {
        Assert.True(SipParser.TryParse(TortureMessage.Read(name), out var message, out var error), error.ToString());
        return message;
    }

    /// <summary>Handles a datagram as an element does: parse, then validate.</summary>
    private static (int Verdict, SipResponse? Answer) Judge(byte[] datagram)
    {
        if (!SipParser.TryParse(datagram, out var message, out var error))
            return error.CreateResponse("t") is { } answer ? (error.StatusCode, answer) : (Dropped, null);
        if (message is SipResponse response)
            return (ResponseValidator.IsForUs(response) ? Accepted : Dropped, null);
        var request = (SipRequest)message;
        return RequestValidator.Validate(request, Capabilities) is { } refusal
            ? (refusal.StatusCode, refusal.CreateResponse(request, "t"))
            : (Accepted, null);
    }
}
