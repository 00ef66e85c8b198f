using System.Security.Cryptography;
using System.Text;

namespace Gateway.Calls.Agents;

/// <summary>
/// What is kept in place of a registered phone's password: H(A1) of RFC 7616 §3.4.2 for one realm, lower-case hexadecimal. Either hash is
/// enough to be that user there.
/// </summary>
/// <param name="Realm">The registrar's realm (sip.registrar.realm).</param>
/// <param name="Md5">For phones that know no other algorithm.</param>
/// <param name="Sha256">For all others.</param>
public sealed record PhoneSecret(string Realm, string Md5, string Sha256)
{
    public const int MinPassword = 8, MaxPassword = 128;

    public static PhoneSecret Of(string user, string realm, string password)
    {
        var secret = Encoding.UTF8.GetBytes($"{user}:{realm}:{password}");
#pragma warning disable CA5351 // many desk phones know no other algorithm (RFC 3261 §22.4)
        return new PhoneSecret(
            realm, Convert.ToHexStringLower(MD5.HashData(secret)), Convert.ToHexStringLower(SHA256.HashData(secret)));
#pragma warning restore CA5351
    }

    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => nameof(PhoneSecret);
}
