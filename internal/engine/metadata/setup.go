package metadata

import (
	"path"
	"strings"
	"time"

	"stoa/internal/record"
)

func readCustomPermission(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		Label       string    `xml:"label"`
		Description string    `xml:"description"`
		IsLicensed  bool      `xml:"isLicensed"`
		Unknown     []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	r := row("CustomPermission", "DeveloperName", named(file, ".customPermission-meta.xml"))
	r.set("MasterLabel", m.Label)
	r.set("Description", m.Description)
	p.Rows = append(p.Rows, r)
	return nil
}

func readPermissionSet(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		Label                 string `xml:"label"`
		Description           string `xml:"description"`
		License               string `xml:"license"`
		HasActivationRequired bool   `xml:"hasActivationRequired"`
		Objects               []struct {
			Object           string `xml:"object"`
			AllowRead        bool   `xml:"allowRead"`
			AllowCreate      bool   `xml:"allowCreate"`
			AllowEdit        bool   `xml:"allowEdit"`
			AllowDelete      bool   `xml:"allowDelete"`
			ViewAllRecords   bool   `xml:"viewAllRecords"`
			ModifyAllRecords bool   `xml:"modifyAllRecords"`
		} `xml:"objectPermissions"`
		Fields []struct {
			Field    string `xml:"field"`
			Readable bool   `xml:"readable"`
			Editable bool   `xml:"editable"`
		} `xml:"fieldPermissions"`
		Users []struct {
			Name    string `xml:"name"`
			Enabled bool   `xml:"enabled"`
		} `xml:"userPermissions"`
		Custom []struct {
			Name    string `xml:"name"`
			Enabled bool   `xml:"enabled"`
		} `xml:"customPermissions"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	name := named(file, ".permissionset-meta.xml")
	set := row("PermissionSet", "Name", name)
	set.set("Label", m.Label)
	set.set("Description", m.Description)
	set.set("Type", "Regular")
	set.setBool("IsCustom", true)
	set.setBool("IsOwnedByProfile", false)
	for _, u := range m.Users {
		set.setBool("Permissions"+u.Name, u.Enabled)
	}
	p.Rows = append(p.Rows, set)
	parent := map[string]Ref{"ParentId": {"PermissionSet", "Name", name}}
	for _, o := range m.Objects {
		r := Row{Object: "ObjectPermissions", Key: []string{"ParentId", "SobjectType"}, Draft: record.Draft{Object: "ObjectPermissions"}, Parents: parent}
		r.set("SobjectType", o.Object)
		r.setBool("PermissionsRead", o.AllowRead)
		r.setBool("PermissionsCreate", o.AllowCreate)
		r.setBool("PermissionsEdit", o.AllowEdit)
		r.setBool("PermissionsDelete", o.AllowDelete)
		r.setBool("PermissionsViewAllRecords", o.ViewAllRecords)
		r.setBool("PermissionsModifyAllRecords", o.ModifyAllRecords)
		p.Rows = append(p.Rows, r)
	}
	for _, f := range m.Fields {
		r := Row{Object: "FieldPermissions", Key: []string{"ParentId", "Field"}, Draft: record.Draft{Object: "FieldPermissions"}, Parents: parent}
		object, _, _ := strings.Cut(f.Field, ".")
		r.set("SobjectType", object)
		r.set("Field", f.Field)
		r.setBool("PermissionsRead", f.Readable)
		r.setBool("PermissionsEdit", f.Editable)
		p.Rows = append(p.Rows, r)
	}
	for _, c := range m.Custom {
		if !c.Enabled {
			continue
		}
		r := Row{Object: "SetupEntityAccess", Key: []string{"ParentId", "SetupEntityId"}, Draft: record.Draft{Object: "SetupEntityAccess"}, Parents: map[string]Ref{
			"ParentId": parent["ParentId"], "SetupEntityId": {"CustomPermission", "DeveloperName", c.Name},
		}}
		r.set("SetupEntityType", "CustomPermission")
		p.Rows = append(p.Rows, r)
	}
	return nil
}

// readQueue reads a queue: a Group and the objects whose records it may own. Members are data.
func readQueue(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		FullName          string `xml:"fullName"`
		Name              string `xml:"name"`
		Email             string `xml:"email"`
		DoesSendEmail     bool   `xml:"doesSendEmailToMembers"`
		DoesIncludeBosses bool   `xml:"doesIncludeBosses"`
		Objects           []struct {
			SobjectType string `xml:"sobjectType"`
		} `xml:"queueSobject"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	name := named(file, ".queue-meta.xml")
	q := row("Group", "DeveloperName", name)
	q.Key = append(q.Key, "Type")
	q.set("Name", m.Name)
	q.set("Type", "Queue")
	q.set("Email", m.Email)
	q.setBool("DoesSendEmailToMembers", m.DoesSendEmail)
	q.setBool("DoesIncludeBosses", m.DoesIncludeBosses)
	p.Rows = append(p.Rows, q)
	for _, o := range m.Objects {
		r := Row{Object: "QueueSobject", Key: []string{"QueueId", "SobjectType"}, Draft: record.Draft{Object: "QueueSobject"},
			Parents: map[string]Ref{"QueueId": {"Group", "DeveloperName", name}}}
		r.set("SobjectType", o.SobjectType)
		p.Rows = append(p.Rows, r)
	}
	return nil
}

func readMilestoneType(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		Description    string    `xml:"description"`
		RecurrenceType string    `xml:"RecurrenceType"`
		Unknown        []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	r := row("MilestoneType", "Name", named(file, ".milestoneType-meta.xml"))
	r.set("Description", m.Description)
	r.set("RecurrenceType", m.RecurrenceType)
	p.Rows = append(p.Rows, r)
	return nil
}

// readBusinessHours reads the settings of business hours and holidays. An org sets its own: they are put in once.
func readBusinessHours(p *Package, _ string, b []byte, _ reader) error {
	var m struct {
		Hours []struct {
			Name           string `xml:"name"`
			Active         bool   `xml:"active"`
			Default        bool   `xml:"default"`
			TimeZone       string `xml:"timeZoneId"`
			SundayStart    string `xml:"sundayStartTime"`
			SundayEnd      string `xml:"sundayEndTime"`
			MondayStart    string `xml:"mondayStartTime"`
			MondayEnd      string `xml:"mondayEndTime"`
			TuesdayStart   string `xml:"tuesdayStartTime"`
			TuesdayEnd     string `xml:"tuesdayEndTime"`
			WednesdayStart string `xml:"wednesdayStartTime"`
			WednesdayEnd   string `xml:"wednesdayEndTime"`
			ThursdayStart  string `xml:"thursdayStartTime"`
			ThursdayEnd    string `xml:"thursdayEndTime"`
			FridayStart    string `xml:"fridayStartTime"`
			FridayEnd      string `xml:"fridayEndTime"`
			SaturdayStart  string `xml:"saturdayStartTime"`
			SaturdayEnd    string `xml:"saturdayEndTime"`
		} `xml:"businessHours"`
		Holidays []struct {
			Name         string `xml:"name"`
			Description  string `xml:"description"`
			ActivityDate string `xml:"activityDate"`
			IsRecurring  bool   `xml:"isRecurring"`
		} `xml:"holidays"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	for _, h := range m.Hours {
		r := row("BusinessHours", "Name", h.Name)
		r.Kept = true
		r.setBool("IsActive", h.Active)
		r.setBool("IsDefault", h.Default)
		r.set("TimeZoneSidKey", h.TimeZone)
		for _, t := range []struct{ field, text string }{
			{"SundayStartTime", h.SundayStart}, {"SundayEndTime", h.SundayEnd}, {"MondayStartTime", h.MondayStart}, {"MondayEndTime", h.MondayEnd},
			{"TuesdayStartTime", h.TuesdayStart}, {"TuesdayEndTime", h.TuesdayEnd}, {"WednesdayStartTime", h.WednesdayStart},
			{"WednesdayEndTime", h.WednesdayEnd}, {"ThursdayStartTime", h.ThursdayStart}, {"ThursdayEndTime", h.ThursdayEnd},
			{"FridayStartTime", h.FridayStart}, {"FridayEndTime", h.FridayEnd}, {"SaturdayStartTime", h.SaturdayStart}, {"SaturdayEndTime", h.SaturdayEnd},
		} {
			if t.text == "" {
				continue
			}
			at, err := time.Parse("15:04:05.000Z", t.text)
			if err != nil {
				return err
			}
			r.Draft.Set(t.field, record.OfTime(int64(at.Hour()*3_600_000+at.Minute()*60_000)))
		}
		p.Rows = append(p.Rows, r)
	}
	for _, h := range m.Holidays {
		on, err := time.Parse(time.DateOnly, h.ActivityDate)
		if err != nil {
			return err
		}
		r := row("Holiday", "Name", h.Name)
		r.Kept = true
		r.set("Description", h.Description)
		r.Draft.Set("ActivityDate", record.OfDay(on))
		r.setBool("IsAllDay", true)
		r.setBool("IsRecurrence", h.IsRecurring)
		p.Rows = append(p.Rows, r)
	}
	return nil
}

// readEmailTemplate reads a template and its body, the file beside it. Templates are put in once: an org words its own.
func readEmailTemplate(p *Package, file string, b []byte, read reader) error {
	var m struct {
		Available   bool      `xml:"available"`
		Description string    `xml:"description"`
		EncodingKey string    `xml:"encodingKey"`
		Name        string    `xml:"name"`
		Style       string    `xml:"style"`
		Subject     string    `xml:"subject"`
		TextOnly    string    `xml:"textOnly"`
		Type        string    `xml:"type"`
		UIType      string    `xml:"uiType"`
		Unknown     []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	body, err := read(strings.TrimSuffix(file, "-meta.xml"))
	if err != nil {
		return err
	}
	r := row("EmailTemplate", "DeveloperName", path.Base(strings.TrimSuffix(file, ".email-meta.xml")))
	r.Kept = true
	r.set("Name", m.Name)
	r.set("Description", m.Description)
	r.set("Subject", m.Subject)
	r.set("TemplateType", m.Type)
	r.set("TemplateStyle", m.Style)
	r.set("Encoding", m.EncodingKey)
	r.setBool("IsActive", m.Available)
	if m.Type == "text" {
		r.set("Body", string(body))
	} else {
		r.set("HtmlValue", string(body))
		r.set("Body", m.TextOnly)
	}
	p.Rows = append(p.Rows, r)
	return nil
}
