using System.Net;
using Sandbox.Numbers;
using Sandbox.Phone;
using Sandbox.Users;

namespace Sandbox.Handsets;

/// <summary>Makes the handset of a call: <c>native</c>, <c>browser</c> (the user's open phone page) or <c>paper</c>.</summary>
public sealed class HandsetFactory(SandboxOptions options, PhoneHub phones)
{
    public static readonly IReadOnlyList<string> Kinds = ["native", "browser", "paper"];

    /// <exception cref="HandsetException">There is no such kind, no phone page of this user is open, or no port is free.</exception>
    public IHandset Create(string kind, SandboxUser user, BusinessNumber number) => kind switch
    {
        "paper" => new PaperHandset(),
        "browser" => phones.Handset(user),
        "native" => new NativeHandset(new NativeHandsetOptions
        {
            Address = IPAddress.Parse(options.MediaAddress),
            Pcmu = number.AdditionalCodecs.Contains("PCMU"),
        }),
        _ => throw new HandsetException($"There is no handset \"{kind}\"."),
    };
}
