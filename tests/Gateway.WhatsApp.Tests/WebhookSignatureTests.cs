using System.Text;
using Gateway.WhatsApp.Webhooks;

namespace Gateway.WhatsApp.Tests;

public class WebhookSignatureTests
{
    // RFC 4231 §4.3: HMAC-SHA256 of this text under the key "Jefe".
    private const string Rfc4231 = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("what do ya want for nothing?");

    [Fact]
    public void Accepts_the_signature_of_RFC_4231_and_makes_it()
    {
        Assert.True(new WebhookSignature(["Jefe"]).Matches(Body, Rfc4231));
        Assert.Equal(Rfc4231, WebhookSignature.Sign(Body, "Jefe"));
    }

    [Fact]
    public void Accepts_any_secret_of_a_rotation()
    {
        Assert.True(new WebhookSignature(["new", "Jefe"]).Matches(Body, Rfc4231));
        Assert.True(new WebhookSignature(["Jefe", "old"]).Matches(Body, Rfc4231.ToUpperInvariant()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256=")]
    [InlineData("sha1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384")]
    [InlineData("sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3844")]
    [InlineData("sha256=zbdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    public void Refuses_any_other_header(string? header) => Assert.False(new WebhookSignature(["Jefe"]).Matches(Body, header));

    [Fact]
    public void Refuses_a_body_that_differs_in_one_bit()
    {
        var body = (byte[])Body.Clone();
        body[^1] ^= 1;
        Assert.False(new WebhookSignature(["Jefe"]).Matches(body, Rfc4231));
    }

    [Fact]
    public void Is_not_made_without_a_secret()
    {
        Assert.Throws<ArgumentException>(() => new WebhookSignature([]));
        Assert.Throws<ArgumentException>(() => new WebhookSignature(["good", " "]));
    }

    [Theory]
    [InlineData("subscribe", "token", "1158201444", true)]
    [InlineData("subscribe", "wrong", "1158201444", false)]
    [InlineData("unsubscribe", "token", "1158201444", false)]
    [InlineData("subscribe", "token", null, false)]
    [InlineData("subscribe", null, "1158201444", false)]
    [InlineData("subscribe", "token", "<script>", false)]
    public void Answers_the_subscription_handshake_only_for_its_own_token(string? mode, string? token, string? challenge, bool expected)
    {
        Assert.Equal(expected, WebhookVerification.TryAnswer(mode, token, challenge, "token", out var answer));
        Assert.Equal(expected ? challenge : "", answer);
    }
}
