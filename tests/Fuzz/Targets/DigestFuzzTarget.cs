using System.Text;
using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Media.Protocols.Primitives;
using Testing;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads a digest challenge and digest credentials, answers the one and checks the other.</summary>
public sealed class DigestFuzzTarget : IFuzzTarget
{
    public string Name => "digest";

    public void Run(ReadOnlySpan<byte> input)
    {
        var text = SipGrammar.OneLine(Encoding.Latin1.GetString(input));
        var request = new SipRequest(SipMethod.Invite, SipUri.Create("100", new HostPort("gateway.example")));
        if (DigestChallenge.TryParse(text, out var challenge))
        {
            Require(DigestChallenge.TryParse(challenge.ToString(), out var again)
                && again.ToString() == challenge.ToString(), "a challenge is written as it was read");
            var response = new SipResponse(401);
            response.Headers.Add("WWW-Authenticate", text);
            var outcome = new DigestClient(new SipCredentials("user", "password"), new SeededEntropy(1)).Answer(response, request);
            Require(outcome == DigestOutcome.Answered, "what was read can be answered");
            Require(DigestCredentials.TryParse(request.Headers["Authorization"]!, out _), "what was answered can be read");
        }
        if (DigestCredentials.TryParse(text, out var credentials))
            Require(DigestCredentials.TryParse(credentials.Write(), out var again)
                && again.Write() == credentials.Write(), "credentials are written as they were read");
        request.Headers["Authorization"] = text;
        var verdict = new DigestServer("gateway.example", new SeededEntropy(1), TimeSpan.FromMinutes(1))
            .Verify(request, _ => new DigestSecrets { Password = "password" }, new Instant(0));
        Require(verdict != DigestVerdict.Accepted, "nobody guesses a nonce");
    }
}
