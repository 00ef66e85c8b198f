using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Interop.Sipp;

/// <summary>The digest that a request should carry, computed from RFC 2617 §3.2.2 without the gateway's code.</summary>
internal static partial class DigestProof
{
    public static void AssertRight(SippMessage request, string credentials, string user, string password)
    {
        Assert.StartsWith("Digest ", credentials);
        var field = Field().Matches(credentials)
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value.Trim('"'));
        Assert.Equal((user, "auth", request.StartLine.Split(' ')[1]), (field["username"], field["qop"], field["uri"]));
        var secret = Hash($"{user}:{field["realm"]}:{password}");
        var subject = Hash($"{request.Method}:{field["uri"]}");
        Assert.Equal(Hash($"{secret}:{field["nonce"]}:{field["nc"]}:{field["cnonce"]}:auth:{subject}"), field["response"]);
    }

#pragma warning disable CA5351 // the algorithm that PBXs request
    private static string Hash(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    [GeneratedRegex("""(?<name>\w+)=(?<value>"[^"]*"|[^",\s]+)""")]
    private static partial Regex Field();
}
