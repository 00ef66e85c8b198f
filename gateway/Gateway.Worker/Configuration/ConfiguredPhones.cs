using Gateway.Sip.Auth;
using Gateway.Sip.Trunks;

namespace Gateway.Worker.Configuration;

/// <summary>The users of sip.registrar.phones.</summary>
internal sealed class ConfiguredPhones(IEnumerable<PhoneConfiguration> phones) : IPhoneCredentials
{
    private readonly Dictionary<string, DigestSecrets> _secrets = phones.ToDictionary(
        phone => phone.User, phone => new DigestSecrets { Password = phone.Password.Reveal() });

    public ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation) =>
        ValueTask.FromResult(_secrets.GetValueOrDefault(user));
}
