package catalog

import "strings"

// companions returns the objects that keep o's history, shares and feed, as far as o has them.
func companions(o *Object) []*Object {
	var all []*Object
	if o.History {
		all = append(all, historyOf(o))
	}
	if o.ShareObject {
		all = append(all, shareOf(o))
	}
	if o.Feed {
		all = append(all, feedOf(o))
	}
	return all
}

// companionName returns the name of a companion: CaseHistory, Position__History.
func companionName(o *Object, role string) string {
	if base, ok := strings.CutSuffix(o.Name, "__c"); ok {
		return base + "__" + role
	}
	if base, ok := strings.CutSuffix(o.Name, "__kav"); ok {
		return base + "__Version" + role
	}
	if o.Name == "Opportunity" && role == "History" {
		return "OpportunityFieldHistory" // OpportunityHistory is the history of stages
	}
	return o.Name + role
}

// parentField returns the reference from a companion to the record it belongs to:
// CaseId beside a standard object, ParentId beside a custom one.
func parentField(o *Object, children string) *Field {
	f := reference("ParentId", "Parent ID", "Parent", o.Name)
	if !strings.Contains(o.Name, "__") {
		f.Name, f.Label, f.RelationshipName = o.Name+"Id", o.Label+" ID", o.Name
	}
	f.ChildRelationshipName, f.CascadeDelete, f.Nillable = children, true, false
	return f
}

func companion(o *Object, role Companion, name, label, prefix string, parent *Field, rest ...*Field) *Object {
	c := &Object{
		Name: name, Label: label, LabelPlural: label, KeyPrefix: prefix, Group: o.Group,
		Queryable: true, Person: o.Person && role != ShareOf, SharingModel: "ControlledByParent", SharingParent: parent.Name,
		Companion: role, CompanionOf: o.Name,
	}
	c.Fields = append([]*Field{idField(label + " ID"), deletedField(), parent}, rest...)
	return c
}

func historyOf(o *Object) *Object {
	label := o.Label + " History"
	c := companion(o, HistoryOf, companionName(o, "History"), label, o.CompanionPrefixes[HistoryOf], parentField(o, "Histories"),
		reference("CreatedById", "Created By ID", "CreatedBy", "User"),
		of(&DateTime, "CreatedDate", "Created Date"),
		&Field{Name: "Field", Label: "Changed Field", Type: &Picklist, Length: 255, Restricted: true},
		&Field{Name: "DataType", Label: "Datatype", Type: &Picklist, Length: 40, Nillable: true, Restricted: true, Values: values(
			"Address", "AnyType", "AutoNumber", "Base64", "BitVector", "Boolean", "Content", "Currency", "DataCategoryGroupReference", "DateOnly", "DateTime",
			"Division", "Double", "DynamicEnum", "Email", "EncryptedText", "EntityId", "EnumOrId", "ExternalId", "Fax", "File", "HtmlMultiLineText", "HtmlStringPlusClob",
			"InetAddress", "Json", "Location", "MultiEnum", "MultiLineText", "Namespace", "Percent", "PersonName", "Phone", "Raw", "RecordType", "SfdcEncryptedText",
			"SimpleNamespace", "StringPlusClob", "Switchable_PersonName", "Text", "TimeOnly", "Url", "YearQuarter")},
		&Field{Name: "OldValue", Label: "Old Value", Type: &AnyType, Length: 255, Nillable: true},
		&Field{Name: "NewValue", Label: "New Value", Type: &AnyType, Length: 255, Nillable: true},
	)
	return c
}

func shareOf(o *Object) *Object {
	label := o.Label + " Share"
	level := &Field{Name: "AccessLevel", Label: "Access Level", Type: &Picklist, Length: 40, Createable: true, Updateable: true, Restricted: true}
	if !strings.Contains(o.Name, "__") {
		level.Name, level.Label = o.Name+"AccessLevel", o.Label+" Access"
	}
	level.Values = []PicklistValue{{Value: "Read", Label: "Read Only", Active: true}, {Value: "Edit", Label: "Read/Write", Active: true}, {Value: "All", Label: "Owner", Active: true}}
	parent := parentField(o, "Shares")
	parent.Createable = true
	who := reference("UserOrGroupId", "User/Group ID", "UserOrGroup", "Group", "User")
	who.Createable, who.Nillable = true, false
	c := companion(o, ShareOf, companionName(o, "Share"), label, o.CompanionPrefixes[ShareOf], parent, who, level,
		&Field{Name: "RowCause", Label: "Row Cause", Type: &Picklist, Length: 40, Createable: true, DefaultedOnCreate: true, Restricted: true, Nillable: true, Values: []PicklistValue{
			{Value: "Owner", Label: "Owner", Active: true}, {Value: "Manual", Label: "Manual Sharing", Active: true, Default: true},
			{Value: "Rule", Label: "Sharing Rule", Active: true}, {Value: "ImplicitChild", Label: "Account Sharing", Active: true},
			{Value: "ImplicitParent", Label: "Associated record owner or sharing", Active: true}, {Value: "Team", Label: "Team", Active: true},
			{Value: "TerritoryManual", Label: "Territory Assignment Rule", Active: true},
		}},
		of(&DateTime, "LastModifiedDate", "Last Modified Date"),
		reference("LastModifiedById", "Last Modified By ID", "LastModifiedBy", "User"),
	)
	c.Createable, c.Updateable, c.Deletable = true, true, true
	return c
}

func feedOf(o *Object) *Object {
	label := o.Label + " Feed"
	parent := reference("ParentId", "Parent ID", "Parent", o.Name)
	parent.ChildRelationshipName, parent.CascadeDelete, parent.Nillable = "Feeds", true, false
	nillable := func(f *Field) *Field { f.Nillable = true; return f }
	c := companion(o, FeedOf, companionName(o, "Feed"), label, o.CompanionPrefixes[FeedOf], parent,
		&Field{Name: "Type", Label: "Feed Item Type", Type: &Picklist, Length: 40, Nillable: true, Restricted: true, Values: values(
			"TrackedChange", "UserStatus", "TextPost", "AdvancedTextPost", "LinkPost", "ContentPost", "PollPost", "RypplePost", "ProfileSkillPost", "DashboardComponentSnapshot",
			"ApprovalPost", "CaseCommentPost", "ReplyPost", "EmailMessageEvent", "CallLogPost", "ChangeStatusPost", "AttachArticleEvent", "MilestoneEvent", "ActivityEvent",
			"ChatTranscriptPost", "CollaborationGroupCreated", "CollaborationGroupUnarchived", "SocialPost", "QuestionPost", "FacebookPost", "BasicTemplateFeedItem", "CreateRecordEvent",
			"CanvasPost", "AnnouncementPost")},
		reference("CreatedById", "Created By ID", "CreatedBy", "User"),
		of(&DateTime, "CreatedDate", "Created Date"),
		of(&DateTime, "LastModifiedDate", "Last Modified Date"),
		of(&DateTime, "SystemModstamp", "System Modstamp"),
		&Field{Name: "CommentCount", Label: "Comment Count", Type: &Int, Digits: 9},
		&Field{Name: "LikeCount", Label: "Like Count", Type: &Int, Digits: 9},
		&Field{Name: "Title", Label: "Title", Type: &Text, Length: 255, Nillable: true},
		&Field{Name: "Body", Label: "Body", Type: &LongTextArea, Length: 10000, Nillable: true},
		&Field{Name: "LinkUrl", Label: "Link Url", Type: &URL, Length: 1000, Nillable: true},
		of(&Boolean, "IsRichText", "Is Rich Text"),
		nillable(reference("RelatedRecordId", "Related Record ID", "RelatedRecord", "ContentVersion")),
		nillable(reference("InsertedById", "InsertedBy ID", "InsertedBy", "User")),
		nillable(reference("BestCommentId", "Best Comment ID", "BestComment", "FeedComment")),
	)
	c.Deletable = true
	return c
}

// of returns a read-only field of a type.
func of(t *Type, name, label string) *Field {
	return &Field{Name: name, Label: label, Type: t}
}

func idField(label string) *Field { return of(&ID, "Id", label) }

func deletedField() *Field { return of(&Boolean, "IsDeleted", "Deleted") }

// reference returns a read-only reference with a parent relationship.
func reference(name, label, relationship string, to ...string) *Field {
	return &Field{Name: name, Label: label, Type: &Reference, RelationshipName: relationship, ReferenceTo: to}
}

// values returns active picklist values whose labels are the values themselves.
func values(names ...string) []PicklistValue {
	all := make([]PicklistValue, len(names))
	for i, n := range names {
		all[i] = PicklistValue{Value: n, Label: n, Active: true}
	}
	return all
}
