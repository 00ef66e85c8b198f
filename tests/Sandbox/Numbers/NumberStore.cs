namespace Sandbox.Numbers;

/// <summary>All business numbers.</summary>
public sealed class NumberStore(SandboxOptions options)
{
    private readonly Dictionary<string, BusinessNumber> _numbers =
        options.Numbers.Select(number => new BusinessNumber(number)).ToDictionary(number => number.PhoneNumberId);

    public IReadOnlyCollection<BusinessNumber> All => _numbers.Values;

    public BusinessNumber Default => _numbers.Values.First();

    public BusinessNumber? Find(string? phoneNumberId) => phoneNumberId is null ? null : _numbers.GetValueOrDefault(phoneNumberId);
}
